//! Virtual environments with the PyPI clients of the tests.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::install::{Result, apt_install, clients_source, digest, find_on_path, once, run};

const DEBIAN_PACKAGES: &[&str] = &["python3", "python3-venv"];
const DEBIAN_PYTHON: &str = "/usr/bin/python3";
const PROGRAM: &str = "bin/python";
const HINT: &str = "install Python 3.10 or newer with its venv module (Debian: python3-venv)";

/// The Python that most clients share.
pub fn find_or_install() -> Result<PathBuf> {
    find_or_install_environment("python", "requirements.txt")
}

/// The Python of the environment `name`, which has what that file of `tests/clients` names.
pub fn find_or_install_environment(name: &str, requirements: &str) -> Result<PathBuf> {
    let requirements = clients_source().join(requirements);
    let key = digest(std::slice::from_ref(&requirements))?;
    let folder = once(name, &key, PROGRAM, |folder| {
        make_environment(folder)?;
        run(pip_install(&program(folder)).arg("-r").arg(&requirements)).map(drop)
    })?;
    Ok(program(&folder))
}

/// `pip install` that takes nothing but what its requirements file has the hash of.
pub fn pip_install(python: &Path) -> Command {
    let mut command = Command::new(python);
    command.args(["-m", "pip", "install", "--disable-pip-version-check", "--no-input"]);
    command.args(["--only-binary", ":all:", "--require-hashes"]);
    command
}

fn program(environment: &Path) -> PathBuf {
    environment.join(PROGRAM)
}

/// Debian ships Python without the half of `venv` that brings pip; then both come from apt.
fn make_environment(folder: &Path) -> Result<()> {
    let first = find_on_path(&["python3"])
        .ok_or_else(|| "there is no python3".to_owned())
        .and_then(|python| make_environment_with(&python, folder));
    let Err(why) = first else { return Ok(()) };
    let second = apt_install(DEBIAN_PACKAGES)
        .and_then(|()| make_environment_with(Path::new(DEBIAN_PYTHON), folder));
    second.map_err(|also| format!("{HINT}: {why}; {also}"))
}

fn make_environment_with(python: &Path, folder: &Path) -> Result<()> {
    run(Command::new(python).args(["-m", "venv", "--clear"]).arg(folder)).map(drop)
}
