//! How something is installed once: locks, stamps, and children whose output is shown if they fail.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sha2::{Digest, Sha256};

/// Why a tool could not be had: a sentence that says what to install or set.
pub type Result<T> = std::result::Result<T, String>;

/// How long apt waits for another apt, in seconds.
const APT_LOCK_WAIT: &str = "DPkg::Lock::Timeout=600";

/// Of a failed child's output, how many of the last bytes are shown.
const OUTPUT_SHOWN_BYTES: usize = 4_000;

/// `tests/clients`, which is never written to.
pub fn clients_source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients")
}

/// Says what is going on. Not through `eprintln!`: the test harness swallows that.
pub fn say(what: &str) {
    let _ = writeln!(std::io::stderr(), "tests: {what}");
}

/// The first of `names` that is an executable on `PATH`.
pub fn find_on_path(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .find(|program| program.is_file())
}

/// Runs a program to its end and returns what it printed.
pub fn run(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output();
    let output = output.map_err(|why| format!("{command:?} did not start: {why}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let all = [output.stdout, output.stderr].concat();
    let end = String::from_utf8_lossy(&all[all.len().saturating_sub(OUTPUT_SHOWN_BYTES)..]);
    Err(format!("{command:?} failed ({}):\n{end}", output.status))
}

/// Installs into the folder `target/tools/<name>`, once for each `key`, and returns the folder.
///
/// A folder made for another key is thrown away, and so are a half-made one (the stamp that says
/// "done" is written last) and one whose `proof` is gone, such as a link to a removed Python.
pub fn once(
    name: &str,
    key: &str,
    proof: &str,
    install: impl FnOnce(&Path) -> Result<()>,
) -> Result<PathBuf> {
    let tools = tools_folder()?;
    let folder = tools.join(name);
    let stamp = tools.join(format!("{name}.installed"));
    let _lock = lock(&tools.join(format!("{name}.lock")))?;
    if fs::read_to_string(&stamp).is_ok_and(|done| done == key) && folder.join(proof).exists() {
        return Ok(folder);
    }
    let clean = || -> std::io::Result<()> {
        if stamp.exists() {
            fs::remove_file(&stamp)?;
        }
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)
    };
    clean().map_err(|why| format!("{} cannot be made anew: {why}", folder.display()))?;
    say(&format!("installing {name} into {}, once", folder.display()));
    install(&folder)?;
    fs::write(&stamp, key).map_err(|why| format!("{}: {why}", stamp.display()))?;
    Ok(folder)
}

/// Copies the scripts of `tests/clients` beside what was installed there, where they have changed.
pub fn copy_scripts(to: &Path) -> Result<()> {
    let copy = || -> std::io::Result<()> {
        let _lock = File::open(to).and_then(|folder| folder.lock().map(|()| folder))?;
        for entry in fs::read_dir(clients_source())? {
            let from = entry?.path();
            let (Some(name), Some("mjs")) =
                (from.file_name(), from.extension().and_then(OsStr::to_str))
            else {
                continue;
            };
            let script = fs::read(&from)?;
            if fs::read(to.join(name)).is_ok_and(|copied| copied == script) {
                continue;
            }
            // Renamed into place, since another test may be starting the old one right now.
            let half_written = to.join("script.new");
            fs::write(&half_written, script)?;
            fs::rename(&half_written, to.join(name))?;
        }
        Ok(())
    };
    copy().map_err(|why| format!("the scripts cannot be copied to {}: {why}", to.display()))
}

/// The digest of files' bytes, as a part of the key of what is made from them.
pub fn digest(files: &[PathBuf]) -> Result<String> {
    let mut hash = Sha256::new();
    for file in files {
        hash.update(fs::read(file).map_err(|why| format!("{}: {why}", file.display()))?);
    }
    Ok(data_encoding::HEXLOWER.encode(&hash.finalize()))
}

/// Installs Debian packages, if we may: on Debian, as root.
pub fn apt_install(packages: &[&str]) -> Result<()> {
    let root = fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    let debian = fs::read_to_string("/etc/os-release")
        .is_ok_and(|text| text.lines().any(|line| line == "ID=debian"));
    if !(root && debian) {
        return Err("only root on Debian can install packages".to_owned());
    }
    // One at a time on the whole machine. apt's own locks are of another kind (fcntl, not flock)
    // and do not cover `update` and `install` together.
    let _lock = lock_open(File::open("/var/lib/apt"), Path::new("/var/lib/apt"))?;
    say(&format!("apt-get install {}, once", packages.join(" ")));
    run(apt_get().arg("update"))?;
    run(apt_get().args(["install", "-y", "--no-install-recommends"]).args(packages))?;
    Ok(())
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive").args(["-o", APT_LOCK_WAIT]);
    command
}

fn tools_folder() -> Result<PathBuf> {
    // `target/tmp` is given to integration tests by Cargo, wherever the target folder is.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("..");
    let tools = target.canonicalize().unwrap_or(target).join("tools");
    fs::create_dir_all(&tools).map_err(|why| format!("{}: {why}", tools.display()))?;
    Ok(tools)
}

/// Waits until nobody else holds the lock; given back when dropped, also by a crash.
fn lock(file: &Path) -> Result<File> {
    lock_open(File::create(file), file)
}

fn lock_open(file: std::io::Result<File>, name: &Path) -> Result<File> {
    let locked = file.and_then(|file| file.lock().map(|()| file));
    locked.map_err(|why| format!("{} cannot be locked: {why}", name.display()))
}
