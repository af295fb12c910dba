//! `bootstrap` as Lambda runs it: a process, and what it used.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result};
use connector::plugin::{Engine, precompile};

/// The repository's folder.
fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The shipped dialect, which the function compiles at its start.
pub(crate) fn dialect() -> PathBuf {
    component("timestream")
}

/// A plugin of the workspace.
pub(crate) fn component(name: &str) -> PathBuf {
    root().join(format!("target/components/{name}.wasm"))
}

/// Puts the shipped dialect and its native code beside the executable, as in a package.
pub(crate) fn packaged_dialect() -> Result<PathBuf> {
    let file = root().join("target/function/timestream.wasm");
    let component = std::fs::read(dialect()).context("cannot read the dialect")?;
    let code = precompile(&Engine::new()?, &component)?;
    std::fs::write(file.with_extension("cwasm"), code)?;
    std::fs::write(&file, component)?;
    Ok(file)
}

/// A running `bootstrap`, ended when dropped.
pub(crate) struct Function(Child);

impl Function {
    /// Starts it with a dialect's file, and a scan cut into so many slices.
    pub(crate) fn start(address: &str, dialect: &Path, slices: usize) -> Result<Self> {
        let program = root().join("target/function/bootstrap");
        let endpoint = format!("http://{address}");
        let child = Command::new(&program)
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", address)
            .env("AWS_LAMBDA_FUNCTION_NAME", "timestream")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", "log")
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "log")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "local")
            .env("AWS_SECRET_ACCESS_KEY", "local-secret")
            .env("AWS_ENDPOINT_URL", endpoint)
            .env("dialect", dialect)
            .env("disable_glue", "true")
            .env("spill_bucket", "spill")
            .env("slices_per_query", slices.to_string())
            .env("AWS_ENDPOINT_URL_ATHENA", "http://127.0.0.1:1")
            .env("ATHENA_FEDERATION_SDK_LOG_LEVEL", "error")
            // Its records of metrics are not the benchmark's.
            .stdout(Stdio::null())
            .spawn();
        let child = child.with_context(|| format!("cannot start {}", program.display()))?;
        Ok(Self(child))
    }

    /// Time of all its threads on a processor.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        const TICKS_PER_SECOND: u64 = 100;
        let text = std::fs::read_to_string(format!("/proc/{}/stat", self.0.id()))?;
        // What follows the name, which may hold anything: user's and system's time are the 14th and 15th field.
        let (_, fields) = text
            .rsplit_once(") ")
            .context("the process tells no time")?;
        let times = fields.split(' ').skip(11).take(2).map(str::parse::<u64>);
        let ticks = times.sum::<Result<u64, _>>()?;
        Ok(Duration::from_millis(ticks * 1_000 / TICKS_PER_SECOND))
    }

    /// The most memory that it had at once.
    pub(crate) fn peak_mebibytes(&self) -> Result<f64> {
        mebibytes(&self.0.id().to_string(), "VmHWM:")
    }
}

/// The memory that this process has now.
pub(crate) fn own_mebibytes() -> Result<f64> {
    mebibytes("self", "VmRSS:")
}

fn mebibytes(process: &str, what: &str) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(what));
    let line = line.and_then(|line| line.trim().strip_suffix(" kB"));
    let kibibytes: f64 = line.context("the process tells no memory")?.parse()?;
    Ok(kibibytes / 1_024.0)
}

impl Drop for Function {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
