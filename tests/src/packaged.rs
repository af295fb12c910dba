//! What a package holds, and that a function made of nothing else answers the demo's queries.
//!
//! With `ATHENA_TIMESTREAM_PACKAGE` the function is that of a package that `cargo xtask package` made; one for another
//! processor runs under `qemu-user`. Without, it is this workspace's program.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::{BTreeMap, HashMap};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use package::{Architecture, BILL, PLUGINS, Sources};
use tests::processes::{Emulator, Serve, output, program, python};
use tests::stores::{point, push_current};
use tests::{component, say_skipped, workspace};

/// What this workspace has for a package, with something small in place of the program: the workspace's own is not
/// optimised, and ten times as large as one that is deployed.
fn made(plugins: Vec<PathBuf>) -> anyhow::Result<BTreeMap<String, Vec<u8>>> {
    let find = "import ziglang; print(ziglang.__path__[0])";
    let zig = output(Command::new(python()?).args(["-c", find]))?;
    package::contents(Sources {
        root: &workspace(),
        architecture: match std::env::consts::ARCH {
            "aarch64" => Architecture::Arm64,
            _ => Architecture::X86_64,
        },
        bootstrap: b"a program".to_vec(),
        plugins,
        zig: Path::new(zig.trim()),
    })
}

/// The files of a package.
fn files() -> &'static BTreeMap<String, Vec<u8>> {
    static FILES: OnceLock<BTreeMap<String, Vec<u8>>> = OnceLock::new();
    FILES.get_or_init(|| made(PLUGINS.map(|name| component(name).unwrap()).into()).unwrap())
}

/// Unpacks a zip file as Python does, with the permissions that it tells, as Lambda sets them.
fn unpack(zip: &[u8], folder: &Path) {
    let file = folder.join("package.zip");
    std::fs::write(&file, zip).unwrap();
    let program = r"
import os, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as archive:
    assert archive.testzip() is None
    for entry in archive.infolist():
        path = archive.extract(entry, sys.argv[2])
        os.chmod(path, (entry.external_attr >> 16) & 0o777)
";
    let mut python = Command::new(python().unwrap());
    output(python.args(["-c", program]).arg(&file).arg(folder)).unwrap();
    std::fs::remove_file(file).unwrap();
}

#[test]
fn a_package_has_its_files_their_sums_and_one_program() {
    let folder = tempfile::tempdir().unwrap();
    let zip = package::zip(files()).unwrap();
    assert_eq!(zip, package::zip(files()).unwrap());
    unpack(&zip, folder.path());
    let mut names: Vec<String> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let mut expected: Vec<String> = [
        "LICENSE",
        "SHA256SUMS",
        "THIRD-PARTY.txt",
        "bootstrap",
        BILL,
    ]
    .map(str::to_owned)
    .into();
    expected.extend(
        PLUGINS
            .iter()
            .flat_map(|name| [format!("{name}.cwasm"), format!("{name}.wasm")]),
    );
    expected.sort();
    assert_eq!(names, expected);
    for name in &names {
        let mode = std::fs::metadata(folder.path().join(name))
            .unwrap()
            .permissions()
            .mode();
        let expected = if name == "bootstrap" { 0o755 } else { 0o644 };
        assert_eq!(mode & 0o777, expected, "{name}");
    }
    let mut check = Command::new("sha256sum");
    check
        .args(["--check", "--strict", "SHA256SUMS"])
        .current_dir(folder.path());
    assert_eq!(output(&mut check).unwrap().lines().count(), names.len() - 1);
    // Besides the program, which `cargo xtask package` alone builds as it is deployed. Lambda takes 50 MB.
    assert!(zip.len() < 3_000_000, "{} bytes", zip.len());
}

#[test]
fn a_plugin_that_is_added_lies_beside_the_others_with_its_native_code() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let own = std::fs::read(component("faulty").unwrap()).unwrap();
    let made_with = made(vec![file("mine.wasm", &own)]).unwrap();
    assert_eq!(made_with["mine.wasm"], own);
    assert!(made_with["mine.cwasm"].len() > own.len());
    for (name, bytes, why) in [
        (
            "timestream.wasm",
            own.as_slice(),
            "two plugins have the name `timestream`",
        ),
        ("mine.txt", &own, "is not a file `<name>.wasm`"),
        ("broken.wasm", b"broken", "is not a WebAssembly component"),
    ] {
        let shipped = component("timestream").unwrap();
        let error = made(vec![shipped, file(name, bytes)]).unwrap_err();
        assert!(format!("{error:#}").contains(why), "{error:#}");
    }
}

/// CycloneDX's own validator reads the bill, and every crate of it has its licence in the notices.
#[test]
fn the_bill_is_valid_and_the_notices_name_every_crate() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(BILL);
    std::fs::write(&file, &files()[BILL]).unwrap();
    let validate = r"
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
problem = JsonStrictValidator(SchemaVersion.V1_6).validate_str(open(sys.argv[1]).read())
assert problem is None, problem
";
    let mut python = Command::new(python().unwrap());
    output(python.args(["-c", validate]).arg(&file)).unwrap();

    let bill: serde_json::Value = serde_json::from_slice(&files()[BILL]).unwrap();
    let notices = String::from_utf8(files()["THIRD-PARTY.txt"].clone()).unwrap();
    let components = bill["components"].as_array().unwrap();
    for component in components {
        let (name, version) = (
            component["name"].as_str().unwrap(),
            component["version"].as_str().unwrap(),
        );
        let title = format!("{name} {version}");
        assert!(
            notices.contains(&format!("\n{title}: ")),
            "{title} is not listed"
        );
        // In the list, and above a text.
        assert!(notices.matches(&title).count() > 1, "{title} has no text");
        let is_ours = component.get("hashes").is_none();
        assert_eq!(is_ours, component.get("purl").is_none(), "{title}");
        assert!(
            !component["licenses"].as_array().unwrap().is_empty(),
            "{title}"
        );
    }
    let names: Vec<&str> = components
        .iter()
        .map(|component| component["name"].as_str().unwrap())
        .collect();
    for linked in [
        "rust-std",
        "libunwind",
        "compiler-rt",
        "aws-lc-sys",
        "connector",
        "wasmtime",
        "arrow-array",
        "timestream",
        "tenant",
    ] {
        assert!(names.contains(&linked), "{linked} is not in the bill");
    }
    // Neither what only builds, nor the local tools, nor what other systems need.
    for absent in [
        "cc",
        "serde_derive",
        "datafusion",
        "local",
        "windows-sys",
        "tempfile",
        "cranelift-isle",
    ] {
        assert!(!names.contains(&absent), "{absent} is in the bill");
    }
}

/// Compiles a C program with Zig against a glibc.
fn compile(folder: &Path, target: &str, source: &str, more: &[&str]) -> Vec<u8> {
    let (file, program) = (folder.join("program.c"), folder.join("program"));
    std::fs::write(&file, source).unwrap();
    let mut zig = Command::new(python().unwrap());
    zig.args(["-m", "ziglang", "cc", "-target", target, "-o"])
        .arg(&program)
        .arg(&file)
        .args(more);
    output(&mut zig).unwrap();
    std::fs::read(program).unwrap()
}

#[test]
fn a_program_that_would_not_start_at_lambda_is_refused() {
    const SOURCE: &str =
        "#include <stdlib.h>\nint main(int n, char **v) { return (int)strtol(v[0], 0, n); }\n";
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let refused = |program: &[u8], architecture| {
        let error = package::check(program, architecture).unwrap_err();
        format!("{error:#}")
    };
    let fits = compile(folder, "x86_64-linux-gnu.2.34", SOURCE, &[]);
    package::check(&fits, Architecture::X86_64).unwrap();
    assert!(refused(&fits, Architecture::Arm64).contains("not for arm64"));
    // In 2.38 the header's `strtol` became another function.
    let too_new = compile(folder, "x86_64-linux-gnu.2.38", SOURCE, &[]);
    let why = refused(&too_new, Architecture::X86_64);
    assert!(
        why.starts_with("it needs `GLIBC_2.3") && why.ends_with("`provided.al2023` has glibc 2.34"),
        "{why}"
    );
    let library = folder.join("libextra.so");
    let extra = compile(
        folder,
        "x86_64-linux-gnu.2.34",
        "int extra(void) { return 1; }\n",
        &["-shared"],
    );
    std::fs::write(&library, extra).unwrap();
    let linked = compile(
        folder,
        "x86_64-linux-gnu.2.34",
        "int extra(void);\nint main(void) { return extra(); }\n",
        &[library.to_str().unwrap()],
    );
    assert!(refused(&linked, Architecture::X86_64).contains("libextra.so"));
    assert!(refused(b"#!/bin/sh", Architecture::X86_64).contains("not an ELF program"));
    let alone = compile(
        folder,
        "x86_64-linux-gnu.2.34",
        "int main(void) { return 0; }\n",
        &["-nostdlib", "-static", "-Wl,--entry=main"],
    );
    assert!(refused(&alone, Architecture::X86_64).contains("no version of glibc"));
}

/// A function of an unpacked package, and what the demo says of it.
struct Deployed {
    folder: tempfile::TempDir,
    /// What starts its program.
    program: PathBuf,
    /// Whether that is another processor's.
    is_foreign: bool,
}

impl Deployed {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("bootstrap");
        let Some(package) = std::env::var_os("ATHENA_TIMESTREAM_PACKAGE") else {
            unpack(&package::zip(files()).unwrap(), folder.path());
            std::fs::copy(tests::processes::program("bootstrap").unwrap(), &program).unwrap();
            return Self {
                folder,
                program,
                is_foreign: false,
            };
        };
        unpack(
            &std::fs::read(workspace().join(package)).unwrap(),
            folder.path(),
        );
        let machine = |file: &Path| std::fs::read(file).unwrap()[18..20].to_vec();
        if machine(&program) == machine(&std::env::current_exe().unwrap()) {
            return Self {
                folder,
                program,
                is_foreign: false,
            };
        }
        let through = folder.path().join("through-qemu");
        let script = format!(
            "#!/bin/sh\nexec qemu-aarch64 -L /usr/aarch64-linux-gnu {}\n",
            program.display()
        );
        std::fs::write(&through, script).unwrap();
        std::fs::set_permissions(&through, std::fs::Permissions::from_mode(0o755)).unwrap();
        Self {
            folder,
            program: through,
            is_foreign: true,
        }
    }

    fn file(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    /// Asks the demo's queries of the function with some settings; the function's log.
    fn demo(&self, settings: &[(&str, &str)]) -> String {
        let serve = Serve::start().unwrap();
        let mut environment: HashMap<String, String> = serve.environment.clone();
        environment.insert("disable_glue".to_owned(), "true".to_owned());
        let settings = settings
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        environment.extend(settings);
        let emulator = Emulator::start_program(&self.program, &environment).unwrap();
        let mut demo = Command::new(program("athena-timestream").unwrap());
        demo.args(["demo", "--lambda", &emulator.url])
            .envs(&serve.environment);
        let told = output(&mut demo);
        let log = emulator.log().unwrap();
        let told = told.unwrap_or_else(|error| panic!("{error:#}\n{log}"));
        assert!(told.ends_with("7 of 7 equal\n"), "{told}");
        log
    }
}

#[test]
fn a_package_answers_the_demo_s_queries_with_every_plugin() {
    let deployed = Deployed::new();
    // The native code beside the executable is taken: a warning would say that it does not fit.
    let log = deployed.demo(&[]);
    assert!(!log.contains("does not fit"), "{log}");

    let policies = r#"{"guard_time":"optional","tenant_column":"deviceid",
        "tenant_rules":[{"account":"000000000000","tenants":"all"}]}"#;
    let wide = deployed.file("wide.wasm");
    let log = deployed.demo(&[
        ("dialect", &wide),
        ("policies", "guard,tenant"),
        ("policy_options", policies),
    ]);
    assert!(!log.contains("does not fit"), "{log}");
}

#[test]
fn a_package_takes_a_plugin_of_a_layer_and_goes_on_where_that_is_broken() {
    let deployed = Deployed::new();
    if deployed.is_foreign {
        // A request does not wait that long for a plugin that is compiled.
        say_skipped("a plugin of a layer, which qemu compiles for too long");
        return;
    }
    let layer = tempfile::tempdir().unwrap();
    let store = layer.path().to_str().unwrap();
    let bytes = std::fs::read(component("java-compat").unwrap()).unwrap();
    push_current(layer.path(), "java-compat", &bytes);
    let log = deployed.demo(&[("plugin_store", store), ("plugin", "java-compat")]);
    let digest = connector::plugin::Digest::of(&bytes);
    assert!(
        log.contains(digest.as_str()),
        "the layer's plugin did not serve: {log}"
    );

    let broken = connector::plugin::Digest::of(b"broken");
    std::fs::write(
        layer.path().join(format!("java-compat/{broken}.wasm")),
        b"broken",
    )
    .unwrap();
    point(layer.path(), "java-compat", broken.as_str());
    let log = deployed.demo(&[("plugin_store", store), ("plugin", "java-compat")]);
    assert!(
        log.contains("plugin refused") && log.contains("is not a WebAssembly component"),
        "{log}"
    );
    let shipped = connector::plugin::Digest::of(&files()["timestream.wasm"]);
    assert!(
        log.contains(shipped.as_str()),
        "the package's plugin did not go on: {log}"
    );
}
