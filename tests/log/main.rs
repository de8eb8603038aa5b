//! The event log on a real Postgres: what it promises, shown under load, cuts and kills.

#![cfg(test)]
#![allow(unreachable_pub, reason = "a test program is nobody's library")]

mod append_only;
mod batch;
mod commit;
mod connection;
mod counter;
mod crash;
mod cut;
mod deciding;
mod framework;
mod given;
mod order;
mod postgres_es;
mod privacy;
mod read_models;
mod repeat;
mod statuses;

#[path = "../support/mod.rs"]
mod support;
