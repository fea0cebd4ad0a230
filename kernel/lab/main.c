// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/tdx_lab: bring up the quoting path over the software TDX module, set
 * its policy and profile, update the module, create TDs. uapi/tdx_lab.h is the reference.
 */
#define pr_fmt(fmt) "tdx_lab: " fmt

#include <linux/fs.h>
#include <linux/io.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/uaccess.h>
#include <asm/tsc.h>

#include "../emu/tdx_emu.h"
#include "../tdx_quote.h"
#include "lab.h"

/* Serialises everything that configures; neither quotes nor looks take it. */
static DEFINE_MUTEX(lab_lock);

static void get_info(struct tdx_lab_info *info)
{
	*info = (struct tdx_lab_info){
		.version = TDX_LAB_VERSION,
		.state = lab_state(),
		.features0 = tdx_emu_features0(),
		.max_quote_size = tdx_quote_max_size(),
		.nr_buffers = tdx_quote_nr_buffers(),
		.pool_pages = tdx_emu_pool_pages(),
		.nr_tds = lab_nr_tds(),
		.key_epoch = tdx_emu_key_epoch(),
		.quoting = tdx_quote_get_state(),
		.in_flight = tdx_quote_in_flight(),
		.fragments = lab_fragments(),
	};
}

#define POLICY_KNOB(name, ...)	#name,

static int set_policy(const struct tdx_quote_policy *policy)
{
	static const char *const knobs[] = { TDX_QUOTE_POLICY(POLICY_KNOB) };
	const u32 *answers = (const u32 *)policy;
	u32 i;

	BUILD_BUG_ON(sizeof(*policy) != ARRAY_SIZE(knobs) * sizeof(*answers));

	for (i = 0; i < ARRAY_SIZE(knobs); i++) {
		if (answers[i] > 1) {
			pr_err("policy: %s is %u, allowed is 0 or 1\n", knobs[i], answers[i]);
			return -EINVAL;
		}
	}
	if (lab_nr_tds())
		return -EBUSY;

	tdx_quote_policy = *policy;
	return 0;
}

static int set_profile(const struct tdx_emu_profile *profile)
{
	return lab_nr_tds() ? -EBUSY : tdx_emu_set_profile(profile);
}

static void get_key(struct tdx_lab_key *key)
{
	*key = (struct tdx_lab_key){ .epoch = tdx_emu_key_epoch() };
	key->len = tdx_emu_key(&key->token, key->key);
}

static void get_counters(struct tdx_lab_counters *counters)
{
	struct tdx_emu_leaf_count leaf[TDX_EMU_NR_LEAVES];

	BUILD_BUG_ON(sizeof(leaf) != sizeof(counters->leaf));

	*counters = (struct tdx_lab_counters){};
	tdx_emu_get_counts(leaf);
	memcpy(counters->leaf, leaf, sizeof(leaf));
	lab_td_counters(counters);
	counters->stale_quotes = tdx_emu_stale_quotes();
}

/* As a host would that takes the page for its own. */
static int touch_pool(u32 index)
{
	u64 hpa = tdx_emu_pool_page(index);

	if (!hpa)
		return -ERANGE;
	clear_page(phys_to_virt(hpa));
	return 0;
}

static int create_td(void __user *arg)
{
	if (lab_state() != TDX_LAB_UP && lab_state() != TDX_LAB_NO_QUOTING)
		return -ENODEV;
	return lab_td_create(arg);
}

/* The struct that a command carries, copied in before and out after as its code says. */
union lab_arg {
	struct tdx_lab_info info;
	struct tdx_quote_policy policy;
	struct tdx_emu_profile profile;
	struct tdx_lab_update update;
	struct tdx_lab_fragment fragment;
	u32 index;
	struct tdx_lab_key key;
	struct tdx_lab_counters counters;
	struct tdx_lab_seamcall seamcall;
	struct tdx_lab_loop loop;
};

static int lab_command(unsigned int cmd, union lab_arg *arg)
{
	switch (cmd) {
	case TDX_LAB_GET_INFO:
		get_info(&arg->info);
		return 0;
	case TDX_LAB_SET_PROFILE:
		return set_profile(&arg->profile);
	case TDX_LAB_GET_PROFILE:
		tdx_emu_get_profile(&arg->profile);
		return 0;
	case TDX_LAB_SET_POLICY:
		return set_policy(&arg->policy);
	case TDX_LAB_GET_POLICY:
		arg->policy = tdx_quote_policy;
		return 0;
	case TDX_LAB_BRING_UP:
		return lab_bring_up();
	case TDX_LAB_UPDATE:
		return lab_update(&arg->update);
	case TDX_LAB_FRAGMENT:
		return arg->fragment.reserved ? -EINVAL : lab_fragment(arg->fragment.mib);
	case TDX_LAB_TOUCH_POOL:
		return touch_pool(arg->index);
	case TDX_LAB_GET_KEY:
		get_key(&arg->key);
		return 0;
	case TDX_LAB_GET_COUNTERS:
		get_counters(&arg->counters);
		return 0;
	case TDX_LAB_SEAMCALL:
		return lab_raw_seamcall(&arg->seamcall);
	case TDX_LAB_LOOP:
		return lab_loop(&arg->loop);
	default:
		return -ENOTTY;
	}
}

static long lab_copy_command(unsigned int cmd, void __user *user)
{
	union lab_arg arg = {};
	long ret;

	if (_IOC_SIZE(cmd) > sizeof(arg))
		return -ENOTTY;
	if (_IOC_DIR(cmd) & _IOC_WRITE && copy_from_user(&arg, user, _IOC_SIZE(cmd)))
		return -EFAULT;

	ret = lab_command(cmd, &arg);

	if (!ret && _IOC_DIR(cmd) & _IOC_READ && copy_to_user(user, &arg, _IOC_SIZE(cmd)))
		return -EFAULT;
	return ret;
}

/* Also while somebody configures: an update under way is worth a look. */
static bool only_looks(unsigned int cmd)
{
	return cmd == TDX_LAB_GET_INFO || cmd == TDX_LAB_GET_COUNTERS;
}

static long lab_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	void __user *user = (void __user *)arg;
	long ret;

	if (only_looks(cmd))
		return lab_copy_command(cmd, user);
	if (mutex_lock_killable(&lab_lock))
		return -EINTR;

	ret = cmd == TDX_LAB_CREATE_TD ? create_td(user) : lab_copy_command(cmd, user);

	mutex_unlock(&lab_lock);
	return ret;
}

static const struct file_operations lab_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = lab_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = noop_llseek,
};

static struct miscdevice lab_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "tdx_lab",
	.fops = &lab_fops,
	.mode = 0600,
};

static int __init lab_init(void)
{
	int ret;

	/* TDX hosts have one; elsewhere the path's clock would divide by 0. */
	if (!tsc_khz) {
		pr_err("no TSC of known frequency to tell time by\n");
		return -ENODEV;
	}

	ret = lab_power_on();
	if (ret)
		return ret;

	ret = misc_register(&lab_device);
	if (ret)
		lab_power_off();
	else
		pr_info("software TDX module: a model, quotes are marked as emulated\n");
	return ret;
}

static void __exit lab_exit(void)
{
	misc_deregister(&lab_device);
	lab_fragment(0);
	lab_shut_down();
	lab_power_off();
}

module_init(lab_init);
module_exit(lab_exit);

MODULE_DESCRIPTION("TDX quoting path over a software TDX module");
MODULE_LICENSE("GPL");
