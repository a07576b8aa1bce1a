//! Names and values of a header or a claims set, each name once.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::{Map, Value};

/// JSON members that the token library does not read itself. RFC 7515 section 4 and RFC 7519 section 4 let a
/// verifier refuse a repeated name; keeping one of the two silently is how two parsers come to disagree.
#[derive(Clone, Default)]
pub(crate) struct Fields(Map<String, Value>);

impl Fields {
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_str)
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EachNameOnce;

        impl<'de> Visitor<'de> for EachNameOnce {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object that has each name once")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Fields, A::Error> {
                let mut map = Map::new();
                while let Some((name, value)) = access.next_entry::<String, Value>()? {
                    if map.insert(name, value).is_some() {
                        return Err(A::Error::custom("a name occurs twice"));
                    }
                }
                Ok(Fields(map))
            }
        }

        deserializer.deserialize_map(EachNameOnce)
    }
}
