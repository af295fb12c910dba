//! `athena-timestream`: ask, load and explain on one machine what Athena and Timestream do in the cloud.
//!
//! This file only chooses: a command is a module of [`local::cli`] with its arguments and one function `run`. An error
//! goes to standard error with its causes; the exit code is 1 when a command failed and 2 when it was called wrongly.

// The future of a query nests deeper than the compiler's 128 levels: Athena, connector, SDK, each some dozens.
#![recursion_limit = "256"]

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use local::cli::{compare, demo, explain, load, plugin, probe, query, register, serve};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// Athena's and Timestream's part on one machine
#[derive(Debug, Parser)]
#[command(name = "athena-timestream", version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Query(query::Query),
    Explain(explain::Explain),
    Compare(compare::Compare),
    Load(load::Load),
    Probe(probe::Probe),
    Register(register::Register),
    Unregister(register::Unregister),
    #[command(subcommand)]
    Plugin(plugin::Plugin),
    Serve(serve::Serve),
    #[command(hide = true)]
    Demo(demo::Demo),
}

/// Stack of every thread, in bytes: parser and planner work by recursion. It is reserved and not used until it is needed.
const STACK: usize = 128 << 20;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    start_logging();
    // The first thread's stack is the shell's affair.
    let thread = std::thread::Builder::new().stack_size(STACK);
    let running = thread.spawn(|| {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .thread_stack_size(STACK)
            .enable_all()
            .build();
        runtime.map(|runtime| runtime.block_on(run(arguments)))
    });
    match running.map(std::thread::JoinHandle::join) {
        Ok(Ok(Ok(code))) => code,
        // What panicked has said so.
        Ok(Err(_)) => ExitCode::FAILURE,
        Ok(Ok(Err(error))) | Err(error) => {
            say(&format!("error: cannot start threads: {error}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> ExitCode {
    let outcome = match arguments.command {
        Command::Query(args) => query::run(args).await,
        Command::Explain(args) => explain::run(args).await,
        Command::Compare(args) => compare::run(args).await,
        Command::Probe(args) => probe::run(args).await,
        Command::Register(args) => register::register(args).await,
        Command::Unregister(args) => register::unregister(args).await,
        Command::Load(args) => load::run(args).await,
        Command::Plugin(args) => plugin::run(args).await,
        Command::Serve(args) => serve::run(args).await,
        Command::Demo(args) => demo::run(args).await,
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Warnings go to standard error; `RUST_LOG` asks for more, or less.
fn start_logging() {
    // S3's server logs each error that it answers, such as an object that is not there: the client tells of those. What
    // the connector logs of a failed request is what the command says.
    let directives = std::env::var(EnvFilter::DEFAULT_ENV);
    let filter = EnvFilter::builder()
        .with_default_directive(LevelFilter::WARN.into())
        .parse_lossy(
            directives
                .as_deref()
                .unwrap_or("warn,s3s=off,connector::telemetry=off"),
        );
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
}

#[expect(
    clippy::print_stderr,
    reason = "talk goes to standard error, data to standard output"
)]
fn say(line: &str) {
    eprintln!("{line}");
}
