//! The outside programs that tests drive: found on the machine, else installed, once, under
//! `target/tools` (or by apt, as root on Debian), saying so on standard error.
//!
//! Any number of test binaries and threads may ask at the same time. Must not know what the
//! programs are used for, and never writes into the source tree.

mod chromium;
mod install;
mod node;
mod packaged;
mod python;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

pub use install::say;

/// A Chromium or Chrome that can run headless.
///
/// # Panics
///
/// Panics if there is none and none can be installed, saying what to install or set. So do all
/// functions of this module.
pub fn chromium() -> PathBuf {
    static FOUND: OnceLock<PathBuf> = OnceLock::new();
    FOUND.get_or_init(|| chromium::find_or_install().unwrap_or_else(|why| panic!("{why}"))).clone()
}

/// curl.
pub fn curl() -> PathBuf {
    static FOUND: OnceLock<PathBuf> = OnceLock::new();
    packaged(&FOUND, "curl", "curl")
}

/// Go's `go`; `None`, saying so, where it is not and only somebody with more rights could install it.
pub fn go() -> Option<PathBuf> {
    static FOUND: OnceLock<PathBuf> = OnceLock::new();
    packaged::is_to_be_had("go").then(|| packaged(&FOUND, "go", "golang-go"))
}

/// A compiler of C#, and what runs its programs; `None` as for [`go`].
pub fn csharp() -> Option<(PathBuf, PathBuf)> {
    static COMPILER: OnceLock<PathBuf> = OnceLock::new();
    static RUNTIME: OnceLock<PathBuf> = OnceLock::new();
    let both =
        || (packaged(&COMPILER, "mcs", "mono-mcs"), packaged(&RUNTIME, "mono", "mono-runtime"));
    (packaged::is_to_be_had("mcs") && packaged::is_to_be_had("mono")).then(both)
}

fn packaged(found: &OnceLock<PathBuf>, program: &str, package: &str) -> PathBuf {
    let find = || packaged::find_or_install(program, package);
    found.get_or_init(|| find().unwrap_or_else(|why| panic!("{why}"))).clone()
}

/// Node, at least version 20.
pub fn node() -> PathBuf {
    node::cached().program.clone()
}

/// A folder with the scripts of `tests/clients` and, beside them, their `node_modules`.
pub fn npm_clients() -> PathBuf {
    static INSTALLED: OnceLock<PathBuf> = OnceLock::new();
    INSTALLED.get_or_init(|| node::install_clients().unwrap_or_else(|why| panic!("{why}"))).clone()
}

/// [`npm_clients`], and beside them, in `generated`, JavaScript made from a `FileDescriptorSet`.
pub fn generated_clients(descriptors: &Path) -> PathBuf {
    node::generate(descriptors).unwrap_or_else(|why| panic!("{why}"))
}

/// A Python that can import what `tests/clients/requirements.txt` names.
pub fn python() -> PathBuf {
    static INSTALLED: OnceLock<PathBuf> = OnceLock::new();
    INSTALLED
        .get_or_init(|| python::find_or_install().unwrap_or_else(|why| panic!("{why}")))
        .clone()
}

/// A Python that can import `schemathesis`, in an environment of its own: it needs so much.
pub fn schemathesis() -> PathBuf {
    static INSTALLED: OnceLock<PathBuf> = OnceLock::new();
    let install =
        || python::find_or_install_environment("schemathesis", "schemathesis-requirements.txt");
    INSTALLED.get_or_init(|| install().unwrap_or_else(|why| panic!("{why}"))).clone()
}

/// A script of `tests/clients`, where it lies in the source tree.
pub fn client_script(name: &str) -> PathBuf {
    install::clients_source().join(name)
}
