//! Makes a component of a plugin's module, for `cargo xtask guests` and for `athena-timestream plugin build`.
//!
//! A component may import no function: then it can reach nothing, and the host has nothing to deny it.

use anyhow::{Context, Result, bail, ensure};
use wit_component::{ComponentEncoder, DecodedWasm};
use wit_parser::{TypeDefKind, WorldItem};

/// No WASI: there is nothing a plugin could ask for.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// What rustc is told of every plugin: a stack of 128 KiB, since rustc's 1 MiB makes every instance 1.1 MB and its
/// creation measurably slower, while a plan needs a few KiB; it lies below the data, so that an overflow traps. And every
/// call and address is five bytes wide otherwise, whatever it needs.
pub const RUSTFLAGS: [&str; 2] = [
    "-Clink-arg=-zstack-size=131072",
    "-Clink-arg=--compress-relocations",
];

/// Wraps a module.
///
/// # Errors
///
/// When it holds no world, is not valid, or imports a function or a resource.
pub fn wrap(module: &[u8]) -> Result<Vec<u8>> {
    let component = ComponentEncoder::default()
        .validate(true)
        .module(module)
        .and_then(|encoder| encoder.encode())
        .context("cannot wrap the module into a component")?;
    refuse_imports(&component)?;
    Ok(component)
}

/// An interface of types alone is listed as an import too; it gives the plugin nothing to call.
fn refuse_imports(component: &[u8]) -> Result<()> {
    let DecodedWasm::Component(resolve, world) =
        wit_component::decode(component).context("cannot read the component back")?
    else {
        bail!("the encoder made a WIT package, not a component");
    };
    for (key, item) in &resolve.worlds[world].imports {
        let name = resolve.name_world_key(key);
        let (functions, types) = match item {
            WorldItem::Interface { id, .. } => {
                let interface = &resolve.interfaces[*id];
                (
                    interface.functions.len(),
                    interface.types.values().copied().collect(),
                )
            }
            WorldItem::Function(_) => (1, Vec::new()),
            WorldItem::Type { id, .. } => (0, vec![*id]),
        };
        ensure!(
            functions == 0,
            "it imports the function(s) of `{name}`: a plugin may call nothing"
        );
        let resource = types
            .into_iter()
            .any(|id| matches!(resolve.types[id].kind, TypeDefKind::Resource));
        ensure!(
            !resource,
            "it imports a resource of `{name}`: a plugin may hold nothing"
        );
    }
    Ok(())
}
