-- A row of ticket_numbers_used has two halves (docs/decisions/0011-numbers-tell-the-truth.md).
--
-- The first use of the number: content, expires_at, and claimed_for. Whatever becomes of the ticket, it stays until the nonce has expired.
--   claimed_for:    while queue_id is null, the shard that the number was claimed for, the only one that may have made the ticket
--
-- Where the ticket is, as far as this shard knows: queue_id, gone, and since_version, the fence of both.
--   queue_id is not null:  the ticket was made, and here it is or was
--   since_version:  it has been in queue_id from this version on, or, when gone, was gone before it; null: since it was made. It only ever grows, and at one
--                   version "here" is newer than "gone": who leaves with version 5 arrives with version 5. What brings an older version changes nothing.
alter table ticket_numbers_used rename column arrived_version to since_version;
alter table ticket_numbers_used add column claimed_for text collate "C";

-- A ticket takes the answers to its idempotency keys along when it changes shards.
create index idempotency_keys_ticket on idempotency_keys (ticket_id);
