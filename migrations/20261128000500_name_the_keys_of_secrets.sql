-- Which key a secret is sealed under, by the key's id. NULL: the one that is derived from the master
-- key, for which keys had no ids before.
ALTER TABLE endpoint_secret ADD COLUMN key_id text;
