//! The Java side of tests: a process for commands and outcomes, which are JSON lines.
//!
//! `cargo xtask test` builds its classes with Maven; here they are only run. The process ends when its input does, which
//! is when this one drops it or ends itself.

use std::io::{BufRead, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, anyhow, bail};
use serde_json::Value;

use crate::workspace;

/// What helps where the Java side is missing.
pub const HINT: &str = "hint: run `cargo xtask test` with Maven 3.6 or later and a JDK 17 or later \
                        (`apt install maven openjdk-17-jdk-headless`)";

/// A program of the Java side.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// Its folder in `target`.
    pub folder: &'static str,
    /// Its class.
    pub main: &'static str,
    /// Options of `java`.
    pub options: &'static [&'static str],
}

/// A running program.
#[derive(Debug)]
pub struct Jvm {
    process: Child,
    /// None once it is told to end.
    commands: Option<ChildStdin>,
    outcomes: BufReader<ChildStdout>,
}

impl Program {
    /// Why it cannot be run on this machine; None if it can.
    pub fn missing(&self) -> Option<&'static str> {
        let built = workspace().join("target").join(self.folder);
        if !built.join("classpath").is_file() {
            return Some("its Java side is not built");
        }
        let mut version = Command::new("java");
        version.arg("-version");
        version.stdout(Stdio::null()).stderr(Stdio::null());
        let is_there = version.status().is_ok_and(|status| status.success());
        (!is_there).then_some("`java` is not installed")
    }

    /// Starts it.
    ///
    /// # Errors
    ///
    /// When it is [missing](Self::missing), or does not start.
    pub fn start(&self) -> Result<Jvm> {
        let built = workspace().join("target").join(self.folder);
        let jars = std::fs::read_to_string(built.join("classpath"))
            .with_context(|| format!("{} is not built; {HINT}", self.folder))?;
        let mut classpath = built.join("classes").into_os_string();
        classpath.push(":");
        classpath.push(jars.trim());
        let mut process = Command::new("java")
            // Arrow reaches into direct buffers.
            .arg("--add-opens=java.base/java.nio=ALL-UNNAMED")
            .args(["-XX:+UseSerialGC", "-Xshare:auto"])
            .args(self.options)
            .arg("-classpath")
            .arg(classpath)
            .arg(self.main)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // Its logging; what fails comes back as an outcome.
            .stderr(Stdio::null())
            .spawn()
            .context("cannot start `java`")?;
        let (commands, outcomes) = (process.stdin.take(), process.stdout.take());
        Ok(Jvm {
            process,
            commands,
            outcomes: BufReader::new(outcomes.context("no output of `java`")?),
        })
    }
}

impl Jvm {
    /// Runs a command and returns its outcome.
    ///
    /// # Errors
    ///
    /// When it fails, or the process has ended.
    pub fn ask(&mut self, command: &Value) -> Result<Value> {
        let shown = || {
            let text: String = command.to_string().chars().take(500).collect();
            format!("`java` at {text}")
        };
        let commands = self.commands.as_mut().context("`java` has ended")?;
        writeln!(commands, "{command}").with_context(shown)?;
        commands.flush().with_context(shown)?;
        let mut line = String::new();
        self.outcomes.read_line(&mut line).with_context(shown)?;
        let mut outcome: Value = serde_json::from_str(&line)
            .map_err(|error| anyhow!("{} ended or wrote no JSON: {error}", shown()))?;
        if let Some(failed) = outcome["failed"].as_str() {
            bail!("{} failed:\n{failed}", shown());
        }
        Ok(outcome["done"].take())
    }
}

impl Drop for Jvm {
    fn drop(&mut self) {
        drop(self.commands.take());
        let _ = self.process.wait();
    }
}
