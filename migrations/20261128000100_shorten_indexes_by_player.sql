-- A player's rows without their ids, which were a third of each entry. Players buy in any order, so that
-- each new session changes another page of this index: the smaller it is, the fewer pages there are to
-- change, and to be written whole after a checkpoint. Rows of one moment are sorted by id when read.

DROP INDEX session_by_user;
CREATE INDEX session_by_user ON session (game_id, world, user_id, created_at DESC);
DROP INDEX payment_by_user;
CREATE INDEX payment_by_user ON payment (game_id, world, user_id, started_at DESC);
