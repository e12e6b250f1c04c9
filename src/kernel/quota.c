/* Who pays: accounts and charges. `used` never exceeds `limit`, in any field. */
#include "kernel/core.h"

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
