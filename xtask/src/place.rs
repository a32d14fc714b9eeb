//! Where things are, and how programs are started: always from the repository's root, their output shown as it comes.
use crate::counts::Counts;
use anyhow::{Context, Result, bail};
use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The repository, its cache folder and cargo's target folder.
pub struct Place {
    pub root: PathBuf,
    pub cache: PathBuf,
    pub target: PathBuf,
}

impl Place {
    pub fn find() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask has no parent folder")?.to_path_buf();
        let target = match std::env::var_os("CARGO_TARGET_DIR") {
            Some(dir) => root.join(dir),
            None => root.join("target"),
        };
        let cache = root.join(".cache");
        std::fs::create_dir_all(&cache)?;
        Ok(Place { root, cache, target })
    }

    /// A program, to be started in the repository's root.
    pub fn program(&self, name: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(name);
        command.current_dir(&self.root);
        command
    }

    /// The cargo that started us.
    pub fn cargo(&self) -> Command {
        self.program(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
    }

    /// Flags for the compiler: no path of the machine that built it belongs into a published file.
    pub fn nameless(&self) -> String {
        let home = std::env::var("CARGO_HOME")
            .or_else(|_| std::env::var("HOME").map(|h| format!("{h}/.cargo")))
            .unwrap_or_default();
        format!("--remap-path-prefix={home}=/cargo --remap-path-prefix={}=/brownout", self.root.display())
    }

    /// Runs to the end with its output as it is. False: it failed.
    pub fn run(&self, command: &mut Command) -> Result<bool> {
        Ok(command.status().with_context(|| format!("`{}` could not be started", show(command)))?.success())
    }

    /// Runs to the end; a failure is an error.
    pub fn must(&self, command: &mut Command) -> Result<()> {
        if self.run(command)? { Ok(()) } else { bail!("`{}` failed", show(command)) }
    }

    /// Runs to the end with its output on ours, and counts the tests in it.
    pub fn tests(&self, command: &mut Command) -> Result<Counts> {
        let mut counts = Counts::default();
        let ok = self.lines(command, |line| {
            println!("{line}");
            counts.read(line);
        })?;
        if !ok && counts.failed == 0 {
            counts.failed += 1;
        }
        Ok(counts)
    }

    /// Runs to the end and hands over each line of its output. False: it failed.
    pub fn lines(&self, command: &mut Command, mut each: impl FnMut(&str)) -> Result<bool> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("`{}` could not be started", show(command)))?;
        if let Some(out) = child.stdout.take() {
            for line in BufReader::new(out).split(b'\n') {
                each(String::from_utf8_lossy(&line?).trim_end());
            }
        }
        Ok(child.wait()?.success())
    }

    /// The whole output of a program that must succeed.
    pub fn output(&self, command: &mut Command) -> Result<String> {
        let out = command
            .stderr(Stdio::inherit())
            .output()
            .with_context(|| format!("`{}` could not be started", show(command)))?;
        if !out.status.success() {
            bail!("`{}` failed", show(command));
        }
        Ok(String::from_utf8(out.stdout)?)
    }

    /// Is this program there?
    pub fn has(&self, name: &str) -> bool {
        let quiet = self
            .program(name)
            .arg("--version")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        quiet.is_ok_and(|s| s.success())
    }

    /// Does the work unless the same inputs were seen the last time it succeeded.
    pub fn once(&self, name: &str, inputs: &str, work: impl FnOnce() -> Result<()>) -> Result<()> {
        let stamp = self.cache.join(format!("{name}.stamp"));
        if std::fs::read_to_string(&stamp).is_ok_and(|seen| seen == inputs) {
            return Ok(());
        }
        work()?;
        std::fs::write(stamp, inputs)?;
        Ok(())
    }

    /// A file's text, from the root.
    pub fn read(&self, path: &str) -> Result<String> {
        std::fs::read_to_string(self.root.join(path)).with_context(|| format!("`{path}` cannot be read"))
    }

    /// Is this path in the repository?
    pub fn there(&self, path: &str) -> bool {
        self.root.join(path).exists()
    }

    /// Debian packages, where we may install them; else the command to type.
    pub fn debian(&self, packages: &[&str], why: &str) -> Result<()> {
        let list = packages.join(" ");
        let root = self.output(self.program("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
        if !root || !self.has("apt-get") {
            bail!("{why} needs {list}: run `sudo apt-get update && sudo apt-get install -y {list}`");
        }
        println!("installing {list} for {why}");
        let quiet = |args: &[&str]| {
            let mut command = self.program("apt-get");
            command.env("DEBIAN_FRONTEND", "noninteractive").args(args).stdout(Stdio::null());
            command
        };
        self.must(&mut quiet(&["update", "-q"]))?;
        let mut args = vec!["install", "-y", "-q", "--no-install-recommends"];
        args.extend(packages);
        self.must(&mut quiet(&args))
    }
}

fn show(command: &Command) -> String {
    let mut text = command.get_program().to_string_lossy().into_owned();
    for arg in command.get_args() {
        text.push(' ');
        text.push_str(&arg.to_string_lossy());
    }
    text
}
