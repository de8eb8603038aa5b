//! Proof that the log is whole and that everything read from it says the same.
//!
//! Only reads, except where a rebuild is asked for. Knows the log and the read models' tables, and
//! nothing of who asks.

pub mod replay;
