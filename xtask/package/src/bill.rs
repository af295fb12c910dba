//! The bill of materials, in CycloneDX's JSON: <https://cyclonedx.org/docs/1.6/json/>.

use anyhow::Result;
use serde_json::{Value, json};

use crate::Architecture;
use crate::part::Part;

/// Lists what a package is made of. It has neither a serial number nor a time, so that the same sources give the same bytes.
pub(crate) fn bill(architecture: Architecture, parts: &[Part]) -> Result<Vec<u8>> {
    let components: Vec<Value> = parts.iter().map(component).collect();
    let bill = json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": "athena-timestream",
                "name": "athena-timestream",
                "version": env!("CARGO_PKG_VERSION"),
                "properties": [{ "name": "architecture", "value": architecture.name() }],
            },
        },
        "components": components,
    });
    let mut bytes = serde_json::to_vec_pretty(&bill)?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn component(part: &Part) -> Value {
    let Part {
        name,
        version,
        licence,
        checksum,
        ..
    } = part;
    let mut component = json!({
        "type": "library",
        "bom-ref": format!("{name}@{version}"),
        "name": name,
        "version": version,
    });
    if let Some(licence) = licence {
        component["licenses"] = json!([{ "expression": licence }]);
    }
    if let Some(checksum) = checksum {
        component["purl"] = format!("pkg:cargo/{name}@{version}").into();
        component["hashes"] = json!([{ "alg": "SHA-256", "content": checksum }]);
    }
    component
}
