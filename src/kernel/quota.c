/* Who pays: accounts and charges. `used` never exceeds `limit`, in any field. */
#include "kernel/core.h"

#define GUESTS_ASSUMED 64u /* of each role at once that there is quota for */
#define MEMORY_SPARE   (1024ull * 1024 * 1024)

void account_init(struct account *account, const struct quota *limit)
{
	account->limit = *limit;
	account->used = (struct quota){0};
	list_init(&account->charges);
}

bool account_take_handle(struct account *account)
{
	if (account->used.handles >= account->limit.handles)
		return false;
	account->used.handles++;
	return true;
}

void account_return_handle(struct account *account)
{
	account->used.handles--;
}

static bool account_fits(const struct account *account, const struct quota *amount)
{
	const struct quota *limit = &account->limit, *used = &account->used;

	return amount->memory <= limit->memory - used->memory &&
	       amount->handles <= limit->handles - used->handles &&
	       amount->ports <= limit->ports - used->ports && amount->lanes <= limit->lanes - used->lanes &&
	       amount->processes <= limit->processes - used->processes;
}

static void account_add(struct account *account, const struct quota *amount)
{
	account->used.memory += amount->memory;
	account->used.handles += amount->handles;
	account->used.ports += amount->ports;
	account->used.lanes += amount->lanes;
	account->used.processes += amount->processes;
}

static void account_subtract(struct account *account, const struct quota *amount)
{
	account->used.memory -= amount->memory;
	account->used.handles -= amount->handles;
	account->used.ports -= amount->ports;
	account->used.lanes -= amount->lanes;
	account->used.processes -= amount->processes;
}

void account_close(struct account *account, struct account *heir)
{
	struct list *link;

	while ((link = list_take(&account->charges)) != NULL) {
		struct charge *charge = list_entry(link, struct charge, link);

		account_subtract(account, &charge->amount);
		account_add(heir, &charge->amount);
		charge->account = heir;
		list_add_tail(&heir->charges, &charge->link);
	}
}

void charge_init(struct charge *charge)
{
	list_init(&charge->link);
	charge->account = NULL;
	charge->amount = (struct quota){0};
}

enum error charge_take(struct charge *charge, struct account *account, const struct quota *amount)
{
	if (!account_fits(account, amount))
		return E_QUOTA;
	account_add(account, amount);
	charge->account = account;
	charge->amount = *amount;
	list_add_tail(&account->charges, &charge->link);
	return E_OK;
}

void charge_release(struct charge *charge)
{
	if (charge->account == NULL)
		return;
	account_subtract(charge->account, &charge->amount);
	list_remove(&charge->link);
	charge->account = NULL;
}

static void quota_add(struct quota *sum, const struct quota *part, uint32_t times)
{
	sum->memory += part->memory * times;
	sum->handles += part->handles * times;
	sum->ports += part->ports * times;
	sum->lanes += part->lanes * times;
	/* Each of them is one of init's processes itself. */
	sum->processes += (part->processes + 1) * times;
}

struct quota kernel_quota(const struct manifest *manifest)
{
	struct quota sum = {
		.memory = MEMORY_SPARE, .handles = 4096, .ports = 256, .lanes = 1024, .processes = 64};

	for (uint32_t i = 0; i < manifest->service_count && i < MANIFEST_SERVICES; i++)
		quota_add(&sum, &manifest->services[i].quota, 2);
	for (uint32_t i = 0; i < manifest->role_count && i < MANIFEST_ROLES; i++)
		quota_add(&sum, &manifest->roles[i].quota, GUESTS_ASSUMED);
	return sum;
}
