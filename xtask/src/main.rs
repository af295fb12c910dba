//! What cargo alone cannot: `cargo xtask <command>`.
//!
//! A command is a module with one public function; this file only chooses.

use std::process::ExitCode;

mod bench;
mod cargo;
mod demo;
mod guests;
mod interop;
mod package;
mod prove;
mod python;
mod test;
mod toolchain;

const USAGE: &str = "\
usage: cargo xtask <command>

commands:
  demo     build everything, load a fleet of devices, ask seven queries and check every answer;
           --break nanoseconds plants a fault that the check must find
  test     all tests, after building and installing what they need
  prove    random and exhaustive cases against the dialect, more than the tests have; --cases <conditions>,
           --end-to-end <queries>, --exhaustive, --seed <first seed>; with a Trino as Athena: --trino <statements>,
           --trino-version <435 or 393>, --break <fault>, and as judge of the host's evaluator: --evaluator <cases>,
           and of the local tools' functions: --functions <cases>
  bench pushdown
           what each query of a suite fetches from Timestream, beside what it fetches with java-compat
  bench decode
           a page's JSON to Arrow, beside simd-json's tape and the SDK's deserializer
  bench plan
           a plan by the WebAssembly component, beside the same rules compiled natively
  bench start
           a cold start: from the start of bootstrap's process to the rows of a first page
  bench slices
           a scan cut into 1 to 16 slices, read by as many processes, where each page takes 50 ms
  bench swap
           plans of eight clients while the plugin is swapped a thousand times: their median and slowest hundredth
  bench read
           CPU, wall time and peak memory of reads of 10,000 to 10,000,000 rows through bootstrap, with encrypted blocks;
           --rows <count,…>, --slow-s3 <ms per MB>, --slow-pages <ms>; all but pushdown print JSON with --json last
  package --arch <x86_64 or arm64>
           the zip that Lambda takes, into target/package; --plugin FILE.wasm adds a plugin
  guests   build every plugin into target/components/<name>.wasm

environment:
  GUEST_TOOLCHAIN   auto (default), installed, rustup or debian: which rustc compiles plugins";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments.as_slice() {
        ["bench", "pushdown"] => bench::pushdown(),
        ["bench", arguments @ ..]
            if matches!(
                arguments,
                ["decode" | "plan" | "read" | "slices" | "start" | "swap", ..]
            ) =>
        {
            bench::read_path(arguments)
        }
        ["demo", arguments @ ..] => demo::run(arguments),
        ["guests"] => guests::build(),
        ["package", arguments @ ..] => package::run(arguments),
        ["prove", arguments @ ..] => prove::run(arguments),
        ["test"] => test::run(),
        ["help" | "--help" | "-h"] => {
            print(USAGE);
            return ExitCode::SUCCESS;
        }
        _ => {
            say(USAGE);
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Tells the person at the terminal what happens, on stderr.
#[expect(clippy::print_stderr, reason = "a command talks to its user")]
pub(crate) fn say(line: &str) {
    eprintln!("{line}");
}

/// Prints what was asked for, on stdout.
#[expect(clippy::print_stdout, reason = "a command answers its user")]
fn print(text: &str) {
    println!("{text}");
}
