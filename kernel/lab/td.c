// SPDX-License-Identifier: GPL-2.0
/*
 * TDs, as far as quoting sees them: a root page that names them, memory shared
 * with the host, and the GetQuote call. A TD is a descriptor; closing the last
 * reference to it, also by dying, ends it.
 */
#include <linux/anon_inodes.h>
#include <linux/atomic.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/idr.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include <asm/shared/tdx_getquote.h>
#include <asm/tdx_getquote.h>

#include "../emu/tdx_emu.h"
#include "../tdx_abi.h"
#include "lab.h"

#define TD_MAX_SHARED	(8UL << 20)
#define TD_MAX		65536
#define TD_SHARED_BIT	BIT_ULL(47)	/* GPAW 48 */

/**
 * struct lab_td - one TD
 * @guest:  how the quoting path sees it
 * @id:     lowest number free when it was created
 * @root:   its TDR page
 * @shared: its shared memory, from GPA 0
 * @size:   bytes of @shared
 */
struct lab_td {
	struct tdx_guest guest;
	u32 id;
	struct page *root;
	void *shared;
	u64 size;
};

static DEFINE_IDA(ids);
static atomic_t nr_tds;

/* How requests were answered. */
static atomic64_t ok, refused, retry, user, killed;

u32 lab_nr_tds(void)
{
	return atomic_read(&nr_tds);
}

void lab_td_counters(struct tdx_lab_counters *counters)
{
	counters->getquote_ok = atomic64_read(&ok);
	counters->getquote_refused = atomic64_read(&refused);
	counters->getquote_retry = atomic64_read(&retry);
	counters->getquote_user = atomic64_read(&user);
	counters->getquote_killed = atomic64_read(&killed);
}

/* --- memory --- */

static struct lab_td *td_of(struct tdx_guest *guest)
{
	return container_of(guest, struct lab_td, guest);
}

static bool td_shared(struct tdx_guest *guest, u64 gpa, u64 size)
{
	const struct lab_td *td = td_of(guest);

	return gpa <= td->size && size <= td->size - gpa;
}

static int td_read(struct tdx_guest *guest, u64 gpa, void *to, u32 len)
{
	if (!td_shared(guest, gpa, len))
		return -EFAULT;
	memcpy(to, td_of(guest)->shared + gpa, len);
	return 0;
}

static int td_write(struct tdx_guest *guest, u64 gpa, const void *from, u32 len)
{
	if (!td_shared(guest, gpa, len))
		return -EFAULT;
	memcpy(td_of(guest)->shared + gpa, from, len);
	return 0;
}

static const struct tdx_guest_ops td_ops = {
	.read = td_read,
	.write = td_write,
	.shared = td_shared,
};

/*
 * Pages are mapped as they are touched and without being accounted to the
 * mapper: they are the guest's memory, not the program's that plays the guest.
 */
static vm_fault_t td_fault(struct vm_fault *vmf)
{
	const struct lab_td *td = vmf->vma->vm_private_data;
	u64 offset = (u64)vmf->pgoff << PAGE_SHIFT;

	if (offset >= td->size)
		return VM_FAULT_SIGBUS;
	return vmf_insert_pfn(vmf->vma, vmf->address, vmalloc_to_pfn(td->shared + offset));
}

static const struct vm_operations_struct td_vm_ops = {
	.fault = td_fault,
};

static int td_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct lab_td *td = file->private_data;

	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	if (!td_shared(&td->guest, (u64)vma->vm_pgoff << PAGE_SHIFT, vma->vm_end - vma->vm_start))
		return -EINVAL;

	vm_flags_set(vma, VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_private_data = td;
	vma->vm_ops = &td_vm_ops;
	return 0;
}

/* --- calls --- */

static atomic64_t *counter_of(int error, const struct tdx_getquote_answer *answer)
{
	if (error)
		return error == -ENODEV ? &user : &killed;
	if (answer->ret == TDVMCALL_RETRY)
		return &retry;
	return answer->ret == TDVMCALL_SUCCESS && answer->status == TDX_GETQUOTE_SUCCESS ?
	       &ok : &refused;
}

/* The descriptor, and with it the TD, cannot be closed for good while a call is in here. */
static long td_getquote(struct lab_td *td, struct tdx_lab_getquote __user *arg)
{
	struct tdx_getquote_answer answer;
	struct tdx_lab_getquote call;
	int ret;

	if (copy_from_user(&call, arg, sizeof(call)))
		return -EFAULT;
	if (call.reserved)
		return -EINVAL;

	ret = tdx_getquote(&td->guest, call.gpa, call.size, &answer);
	atomic64_inc(counter_of(ret, &answer));
	if (ret && ret != -ENODEV)
		return ret;

	call.ret = answer.ret;
	call.status = answer.status;
	call.user = ret == -ENODEV;
	return copy_to_user(arg, &call, sizeof(call)) ? -EFAULT : 0;
}

static long td_report(struct lab_td *td, struct tdx_lab_report __user *arg)
{
	struct tdx_lab_report *call __free(kfree) = kmalloc(sizeof(*call), GFP_KERNEL);
	int ret;

	if (!call)
		return -ENOMEM;
	if (copy_from_user(call->report_data, arg->report_data, sizeof(call->report_data)))
		return -EFAULT;

	ret = tdx_emu_td_report(td->guest.tdr, call->report_data, call->report);
	if (ret)
		return ret;

	return copy_to_user(arg->report, call->report, sizeof(call->report)) ? -EFAULT : 0;
}

static long td_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct lab_td *td = file->private_data;

	switch (cmd) {
	case TDX_LAB_TD_REPORT:
		return td_report(td, (void __user *)arg);
	case TDX_LAB_TD_GETQUOTE:
		return td_getquote(td, (void __user *)arg);
	default:
		return -ENOTTY;
	}
}

/* --- life --- */

static void td_free(struct lab_td *td)
{
	vfree(td->shared);
	if (td->root)
		__free_page(td->root);
	kfree(td);
}

static void td_end(struct lab_td *td)
{
	tdx_emu_td_destroy(td->guest.tdr);
	ida_free(&ids, td->id);
	td_free(td);
	atomic_dec(&nr_tds);
}

static int td_release(struct inode *inode, struct file *file)
{
	td_end(file->private_data);
	return 0;
}

static const struct file_operations td_fops = {
	.owner = THIS_MODULE,
	.release = td_release,
	.mmap = td_mmap,
	.unlocked_ioctl = td_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = noop_llseek,
};

static struct lab_td *td_alloc(u64 size)
{
	struct lab_td *td = kzalloc(sizeof(*td), GFP_KERNEL_ACCOUNT);

	if (!td)
		return NULL;

	td->size = size;
	td->root = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	td->shared = __vmalloc(size, GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (!td->root || !td->shared) {
		td_free(td);
		return NULL;
	}

	td->guest = (struct tdx_guest){
		.ops = &td_ops,
		.tdr = page_to_phys(td->root),
		.shared_bit = TD_SHARED_BIT,
		.in_flight = ATOMIC_INIT(0),
	};
	return td;
}

static struct lab_td *td_start(struct tdx_lab_create_td *call)
{
	struct lab_td *td;
	int ret;

	td = td_alloc(call->shared_size);
	if (!td)
		return ERR_PTR(-ENOMEM);

	ret = ida_alloc_max(&ids, TD_MAX - 1, GFP_KERNEL);
	if (ret < 0)
		goto free_td;
	td->id = ret;

	ret = tdx_emu_td_create(td->guest.tdr, td->id, call->mrtd);
	if (ret)
		goto free_id;

	atomic_inc(&nr_tds);
	call->id = td->id;
	call->tdr = td->guest.tdr;
	call->shared_bit = TD_SHARED_BIT;
	return td;

free_id:
	ida_free(&ids, td->id);
free_td:
	td_free(td);
	return ERR_PTR(ret);
}

int lab_td_create(struct tdx_lab_create_td __user *arg)
{
	struct tdx_lab_create_td call;
	struct lab_td *td;
	int fd;

	if (copy_from_user(&call, arg, sizeof(call)))
		return -EFAULT;
	if (call.reserved || !call.shared_size || call.shared_size > TD_MAX_SHARED ||
	    !IS_ALIGNED(call.shared_size, PAGE_SIZE))
		return -EINVAL;

	td = td_start(&call);
	if (IS_ERR(td))
		return PTR_ERR(td);

	if (copy_to_user(arg, &call, sizeof(call))) {
		td_end(td);
		return -EFAULT;
	}

	fd = anon_inode_getfd("[tdx_lab_td]", &td_fops, td, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		td_end(td);
	return fd;
}

/* --- for raw.c --- */

static struct lab_td *td_of_file(struct file *file)
{
	return file->f_op == &td_fops ? file->private_data : NULL;
}

u64 lab_td_tdr(struct file *file)
{
	struct lab_td *td = td_of_file(file);

	return td ? td->guest.tdr : 0;
}

u64 lab_td_hpa(struct file *file, u64 offset)
{
	struct lab_td *td = td_of_file(file);

	if (!td || offset >= td->size)
		return 0;
	return PFN_PHYS(vmalloc_to_pfn(td->shared + offset)) + offset_in_page(offset);
}
