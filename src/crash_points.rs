//! Places at which tests kill the service, to see that the log repairs what was cut off.
//!
//! Nothing in a release build: there `reach` is empty.

/// Names the place at which the process kills itself; only in debug builds.
pub const VARIABLE: &str = "TOFFEEPAY_CRASH_AT";

/// Dies here, as by `kill -9`, if a test asked for it.
#[cfg(debug_assertions)]
pub fn reach(place: &str) {
    if std::env::var(VARIABLE).is_ok_and(|it| it == place) {
        let _ = nix::sys::signal::kill(nix::unistd::Pid::this(), nix::sys::signal::Signal::SIGKILL);
        // The signal comes at once, but not before this call returns.
        loop {
            std::thread::park();
        }
    }
}

/// Nothing.
#[cfg(not(debug_assertions))]
pub fn reach(_place: &str) {}
