//! What a device is called, and who may call it so.

use quipu_schema::limits;
use quipu_schema::problem::{Code, Rejection};

use crate::validate;

/// What a browser says it is, the more particular first: most say that they are others, too.
const BROWSERS: [(&str, &str); 11] = [
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Safari/", "Safari"),
];

const SYSTEMS: [(&str, &str); 8] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
];

/// What a device is called by what it says of itself (`User-Agent`, RFC 9110, 10.1.5), until its user calls it something else.
pub fn called(agent: Option<&str>) -> String {
    let agent = agent.unwrap_or_default();
    let find =
        |of: &[(&str, &str)]| of.iter().find(|(says, _)| agent.contains(says)).map(|(_, name)| (*name).to_owned());
    let name = match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} · {system}"),
        (Some(one), None) => one,
        // The first product it names.
        (None, system) => {
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            let product: String = agent.chars().take_while(|c| plain(*c)).take(limits::DEVICE_NAME_CHARS).collect();
            system.filter(|_| product.is_empty() || product == "Mozilla").unwrap_or(product)
        }
    };
    if name.is_empty() { "Unknown device".to_owned() } else { name }
}

/// A name that a user gives a device, trimmed.
///
/// # Errors
/// `invalid_value` or `too_large`.
pub fn name(name: &str) -> Result<String, Rejection> {
    let name = name.trim();
    if name.is_empty() {
        return Err(Rejection::new(Code::InvalidValue, "name must not be empty."));
    }
    if name.chars().count() > limits::DEVICE_NAME_CHARS {
        let sentence = format!("name may have at most {} characters.", limits::DEVICE_NAME_CHARS);
        return Err(Rejection::new(Code::TooLarge, sentence));
    }
    validate::words("name", name, limits::NAME_BYTES, false)?;
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_called_by_what_it_says_of_itself() {
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
        let chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Safari/537.36";
        let edge =
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Safari/537.36 Edg/131.0";
        let iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile/15E148 Safari/604.1";
        for (agent, expected) in [
            (Some(firefox), "Firefox · Linux"),
            (Some(chrome), "Chrome · Windows"),
            (Some(edge), "Edge · Windows"),
            (Some(iphone), "Safari · iPhone"),
            (Some("curl/8.5.0"), "curl"),
            (Some("node"), "node"),
            (Some("Mozilla/5.0 (Linux)"), "Linux"),
            (Some("<script>"), "Unknown device"),
            (Some(""), "Unknown device"),
            (None, "Unknown device"),
        ] {
            assert_eq!(called(agent), expected);
        }
        assert_eq!(called(Some(&"x".repeat(500))).len(), limits::DEVICE_NAME_CHARS);
    }

    #[test]
    fn a_name_says_something_in_one_line() {
        assert_eq!(name("  Ana\u{2019}s phone "), Ok("Ana\u{2019}s phone".to_owned()));
        for bad in ["", "   ", "a\nb", "a\u{0}b"] {
            assert_eq!(name(bad).map_err(|refused| refused.code), Err(Code::InvalidValue), "{bad:?}");
        }
        assert!(name(&"é".repeat(limits::DEVICE_NAME_CHARS)).is_ok());
        let long = name(&"é".repeat(limits::DEVICE_NAME_CHARS + 1));
        assert_eq!(long.map_err(|refused| refused.code), Err(Code::TooLarge));
    }
}
