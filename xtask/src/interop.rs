//! The Java side of the tests: Maven modules of `tests/interop`, compiled into `target`, with all that they need in
//! Maven's own store.
//!
//! Nothing is done when nothing changed: then the tests start `java` at once, with the class path written here. Nothing
//! either on a machine without the tools: then those tests are skipped, and say so.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;

use anyhow::{Context, Result, bail, ensure};

use crate::{guests, say};

/// Where the tools come from.
const HINT: &str = "hint: install Maven 3.6 or later and a JDK 17 or later (`apt install maven openjdk-17-jdk-headless`)";

/// A Maven module that tests run as a process of their own.
struct Module {
    /// Its folder in `tests/interop`.
    sources: &'static str,
    /// Its folder in `target`, where `classes` and `classpath` (the jars beside them, separated by colons) are written.
    target: &'static str,
    /// Properties of its `pom.xml`.
    properties: &'static [&'static str],
    /// What is not tested without it.
    tests: &'static str,
    /// What is downloaded once.
    download: &'static str,
}

/// The Java federation SDK.
const SDK: Module = Module {
    sources: "java",
    target: "interop",
    properties: &[],
    tests: "the tests with the Java federation SDK",
    download: "the Java federation SDK, 120 MB",
};

/// Trino, in the version that decides.
const TRINO_435: Module = Module {
    sources: "trino",
    target: "trino/435",
    properties: &["-Dtrino.version=435"],
    tests: "the tests in which Trino 435 plays Athena",
    download: "Trino 435, 140 MB",
};

/// Trino, in the version with which Athena's engine 3 began.
const TRINO_393: Module = Module {
    sources: "trino",
    target: "trino/393",
    properties: &["-Dtrino.version=393"],
    tests: "the tests in which Trino 393 plays Athena",
    download: "Trino 393, 100 MB",
};

/// Builds all modules.
pub(crate) fn build() -> Result<()> {
    SDK.build()?;
    build_trino()
}

/// Builds those of Trino.
pub(crate) fn build_trino() -> Result<()> {
    TRINO_435.build()?;
    TRINO_393.build()
}

impl Module {
    fn build(&self) -> Result<()> {
        let root = guests::workspace_root()?;
        let sources = root.join("tests/interop").join(self.sources);
        let target = root.join("target").join(self.target);
        let classpath = target.join("classpath");
        if is_built(&sources, &classpath)? {
            return Ok(());
        }
        for tool in ["java", "javac", "mvn"] {
            if !is_installed(tool)? {
                say(&format!(
                    "skipped: {}, since `{tool}` is not installed; {HINT}",
                    self.tests
                ));
                return Ok(());
            }
        }
        say(&format!(
            "    Building tests/interop/{} into target/{}",
            self.sources, self.target
        ));
        fs::create_dir_all(&target)
            .with_context(|| format!("cannot create {}", target.display()))?;
        // What was left of an unfinished build must not pass for a finished one.
        match fs::remove_file(&classpath) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(error)
                    .with_context(|| format!("cannot remove {}", classpath.display()));
            }
            _ => {}
        }
        // Offline takes seconds and needs no network; it fails when something was never downloaded. Whatever else is
        // wrong is then said by the second run.
        let mut offline = self.maven(&sources, &target);
        offline
            .arg("--offline")
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if !offline.status().context("cannot start mvn")?.success() {
            say(&format!(
                "    Asking Maven's repositories ({}, is downloaded once)",
                self.download
            ));
            // Failed look-ups are remembered; `-U` asks again.
            let status = self
                .maven(&sources, &target)
                .arg("--update-snapshots")
                .status()
                .context("cannot start mvn")?;
            ensure!(
                status.success(),
                "mvn failed on {}: {status}",
                sources.join("pom.xml").display()
            );
        }
        ensure!(classpath.is_file(), "mvn wrote no {}", classpath.display());
        Ok(())
    }

    fn maven(&self, sources: &Path, target: &Path) -> Command {
        let mut define = std::ffi::OsString::from("-Dinterop.build=");
        define.push(target);
        let mut output = std::ffi::OsString::from("-Dmdep.outputFile=");
        output.push(target.join("classpath"));
        let mut maven = Command::new("mvn");
        maven
            .current_dir(sources)
            .args(["--quiet", "--batch-mode", "-Dstyle.color=never"])
            .args(self.properties)
            .arg(define)
            .arg(output);
        // Both in one run; the second only when the first succeeded.
        maven.args(["compile", "dependency:build-classpath"]);
        maven
    }
}

/// Whether a tool is there; one that is there and fails is an error.
fn is_installed(tool: &str) -> Result<bool> {
    let version = Command::new(tool)
        .arg("-version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    match version {
        Ok(status) if status.success() => Ok(true),
        Ok(status) => bail!("`{tool} -version` failed: {status}; {HINT}"),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error).with_context(|| format!("cannot run `{tool}`")),
    }
}

/// Whether the class path is newer than every source, and its jars are still there.
fn is_built(sources: &Path, classpath: &Path) -> Result<bool> {
    let Ok(built) = fs::metadata(classpath).and_then(|file| file.modified()) else {
        return Ok(false);
    };
    let jars = fs::read_to_string(classpath)
        .with_context(|| format!("cannot read {}", classpath.display()))?;
    let jars_there = jars.trim().split(':').all(|jar| Path::new(jar).is_file());
    Ok(jars_there && newest(sources)? < built)
}

/// When anything in a folder was changed last, the folders themselves included: a file may have gone.
fn newest(path: &Path) -> Result<SystemTime> {
    let read = |path: &Path| -> Result<(SystemTime, Vec<PathBuf>)> {
        let metadata = fs::metadata(path)?;
        let mut inside = Vec::new();
        if metadata.is_dir() {
            for entry in fs::read_dir(path)? {
                inside.push(entry?.path());
            }
        }
        Ok((metadata.modified()?, inside))
    };
    let (mut latest, inside) =
        read(path).with_context(|| format!("cannot read {}", path.display()))?;
    for path in inside {
        latest = latest.max(newest(&path)?);
    }
    Ok(latest)
}
