//! The programs as a user starts them, ended by their own pid.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use connector::plugin::{Engine, precompile};

use crate::{component, workspace};

/// A built program of this workspace.
///
/// # Errors
///
/// When it was not built.
pub fn program(name: &str) -> Result<PathBuf> {
    let path = workspace().join("target/debug").join(name);
    ensure!(
        path.exists(),
        "{} is not there; hint: run `cargo xtask test`",
        path.display()
    );
    Ok(path)
}

/// The shipped dialect as in a package, beside the programs with its native code: each would spend a second compiling it.
///
/// # Errors
///
/// When it was not built, or the files cannot be written.
pub fn packaged_dialect() -> Result<PathBuf> {
    static WRITTEN: Mutex<Option<PathBuf>> = Mutex::new(None);
    let mut written = WRITTEN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(path) = &*written {
        return Ok(path.clone());
    }
    let path = program("bootstrap")?.with_file_name("timestream.wasm");
    let bytes = std::fs::read(component("timestream")?)?;
    let native = precompile(&Engine::new()?, &bytes)?;
    // At once: programs of another run may be reading them.
    for (path, bytes) in [
        (path.with_extension("cwasm"), native),
        (path.clone(), bytes),
    ] {
        let unfinished = path.with_extension(format!("new-{}", std::process::id()));
        std::fs::write(&unfinished, bytes)?;
        std::fs::rename(&unfinished, &path)?;
    }
    Ok(written.insert(path).clone())
}

/// The tests' Python, with boto3, DuckDB and AWS's Lambda emulator.
///
/// # Errors
///
/// When it was not installed.
pub fn python() -> Result<PathBuf> {
    let path = workspace().join("target/python/bin/python");
    ensure!(
        path.exists(),
        "{} is not there; hint: run `cargo xtask test`",
        path.display()
    );
    Ok(path)
}

/// Runs a program to its end; its standard output.
///
/// # Errors
///
/// When it fails, with what it wrote.
pub fn output(command: &mut Command) -> Result<String> {
    let output = command
        .output()
        .with_context(|| format!("cannot run {}", command.get_program().display()))?;
    let (stdout, stderr) = (
        String::from_utf8(output.stdout)?,
        String::from_utf8_lossy(&output.stderr),
    );
    ensure!(
        output.status.success(),
        "{command:?} ended with {}:\n{stdout}{stderr}",
        output.status
    );
    Ok(stdout)
}

/// A port that nobody listens on.
///
/// # Errors
///
/// When there is none.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// A child and what it started, ended when dropped.
pub struct Running(Child);

impl Running {
    /// Starts a program in a process group of its own.
    ///
    /// # Errors
    ///
    /// When it cannot be started.
    pub fn start(command: &mut Command) -> Result<Self> {
        let child = command.process_group(0).stdin(Stdio::null()).spawn();
        Ok(Self(child.with_context(|| {
            format!("cannot start {}", command.get_program().display())
        })?))
    }

    /// The program's pid, which is its group's too.
    pub fn pid(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // The whole group: the emulator starts the function.
        let group = format!("-{}", self.0.id());
        let _ = Command::new("kill").args(["-TERM", "--", &group]).status();
        let ended = Instant::now() + Duration::from_secs(3);
        while matches!(self.0.try_wait(), Ok(None)) && Instant::now() < ended {
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = Command::new("kill")
            .args(["-KILL", "--", &group])
            .stderr(Stdio::null())
            .status();
        let _ = self.0.wait();
    }
}

/// `athena-timestream serve`, and the variables that it prints.
pub struct Serve {
    _running: Running,
    /// Names to values.
    pub environment: HashMap<String, String>,
}

impl Serve {
    /// Starts it on free ports.
    ///
    /// # Errors
    ///
    /// When it does not print its line.
    pub fn start() -> Result<Self> {
        let mut command = Command::new(program("athena-timestream")?);
        let mut running = Running::start(command.arg("serve").stdout(Stdio::piped()))?;
        let stdout = running.0.stdout.take().context("no output")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let words = line
            .split_once('#')
            .map_or(line.as_str(), |(words, _)| words)
            .split_whitespace();
        let environment: HashMap<String, String> = words
            .filter_map(|word| word.split_once('='))
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        ensure!(
            environment.contains_key("AWS_ENDPOINT_URL_S3"),
            "`serve` printed: {line}"
        );
        Ok(Self {
            _running: running,
            environment,
        })
    }

    /// Loads a CSV with a data model into a table that it creates; the files are written into a folder.
    ///
    /// # Errors
    ///
    /// When the files cannot be written, or the command fails.
    pub fn load(&self, folder: &Path, (csv, model): (&str, &str), table: [&str; 2]) -> Result<()> {
        let (csv_file, model_file) = (folder.join("rows.csv"), folder.join("model.json"));
        std::fs::write(&csv_file, csv)?;
        std::fs::write(&model_file, model)?;
        let [database, table] = table;
        let mut command = self.command()?;
        command
            .arg("load")
            .arg(&csv_file)
            .arg("--data-model")
            .arg(&model_file)
            .args(["--database", database, "--table", table, "--create"]);
        output(&mut command).map(drop)
    }

    /// `athena-timestream` with its variables and the shipped dialect.
    ///
    /// # Errors
    ///
    /// When it was not built.
    pub fn command(&self) -> Result<Command> {
        let mut command = Command::new(program("athena-timestream")?);
        command
            .envs(&self.environment)
            .env("dialect", packaged_dialect()?);
        Ok(command)
    }
}

/// moto, which plays Glue.
pub struct Moto {
    _running: Running,
    /// Where it listens.
    pub url: String,
}

impl Moto {
    /// Starts it on a free port.
    ///
    /// # Errors
    ///
    /// When it is not installed, or does not answer.
    pub fn start() -> Result<Self> {
        let port = free_port()?;
        let server = python()?.with_file_name("moto_server");
        let mut command = Command::new(server);
        command
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let running = Running::start(&mut command)?;
        let until = Instant::now() + Duration::from_secs(60);
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            ensure!(Instant::now() < until, "moto does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(Self {
            _running: running,
            url: format!("http://127.0.0.1:{port}"),
        })
    }
}

/// `bootstrap` under AWS's Runtime Interface Emulator. One call at a time: more crash the emulator.
pub struct Emulator {
    running: Running,
    /// The Invoke API.
    pub url: String,
    log: tempfile::NamedTempFile,
}

impl Emulator {
    /// Starts it with variables for the function.
    ///
    /// # Errors
    ///
    /// When it is not installed, or does not listen.
    pub fn start(environment: &HashMap<String, String>) -> Result<Self> {
        let mut environment = environment.clone();
        let dialect = packaged_dialect()?;
        environment.insert("dialect".to_owned(), dialect.display().to_string());
        Self::start_program(&program("bootstrap")?, &environment)
    }

    /// Starts it with another program than this workspace's `bootstrap`.
    ///
    /// # Errors
    ///
    /// As [`Emulator::start`].
    pub fn start_program(bootstrap: &Path, environment: &HashMap<String, String>) -> Result<Self> {
        let folder = output(
            Command::new(python()?).args(["-c", "import samcli;print(samcli.__path__[0])"]),
        )?;
        let emulator = match std::env::consts::ARCH {
            "aarch64" => "local/rapid/aws-lambda-rie-arm64",
            _ => "local/rapid/aws-lambda-rie-x86_64",
        };
        let emulator = Path::new(folder.trim()).join(emulator);
        let (invoke, runtime) = (free_port()?, free_port()?);
        let log = tempfile::NamedTempFile::new()?;
        // One, so that neither writes over the other.
        let stream = log.reopen()?;
        let mut command = Command::new(emulator);
        command
            .args([
                "--runtime-interface-emulator-address",
                &format!("127.0.0.1:{invoke}"),
            ])
            .args(["--runtime-api-address", &format!("127.0.0.1:{runtime}")])
            .arg(bootstrap)
            .envs(environment)
            .env("AWS_LAMBDA_FUNCTION_NAME", "connector")
            .env("AWS_LAMBDA_FUNCTION_TIMEOUT", "300")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "3008")
            .stdout(stream.try_clone()?)
            .stderr(stream);
        let running = Running::start(&mut command)?;
        let until = Instant::now() + Duration::from_secs(20);
        while std::net::TcpStream::connect(("127.0.0.1", invoke)).is_err() {
            ensure!(Instant::now() < until, "the emulator does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(Self {
            running,
            url: format!("http://127.0.0.1:{invoke}"),
            log,
        })
    }

    /// What the function, and the emulator around it, have logged so far.
    ///
    /// # Errors
    ///
    /// When it is no text.
    pub fn log(&self) -> Result<String> {
        Ok(std::fs::read_to_string(self.log.path())?)
    }

    /// The most memory that the function has held so far, in bytes.
    ///
    /// # Errors
    ///
    /// When it is not running.
    pub fn peak_memory(&self) -> Result<u64> {
        let bootstrap = program("bootstrap")?;
        for entry in std::fs::read_dir("/proc")? {
            let folder = entry?.path();
            let is_ours = || -> Option<bool> {
                let stat = std::fs::read_to_string(folder.join("stat")).ok()?;
                // The parent stands second after the command's closing parenthesis.
                let parent: u32 = stat
                    .rsplit_once(')')?
                    .1
                    .split_whitespace()
                    .nth(1)?
                    .parse()
                    .ok()?;
                Some(
                    parent == self.running.pid()
                        && std::fs::read_link(folder.join("exe")).ok()? == bootstrap,
                )
            };
            if is_ours() == Some(true) {
                let status = std::fs::read_to_string(folder.join("status"))?;
                let line = status
                    .lines()
                    .find_map(|line| line.strip_prefix("VmHWM:"))
                    .context("no VmHWM")?;
                let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
                return Ok(kilobytes * 1024);
            }
        }
        anyhow::bail!("the function is not running")
    }
}
