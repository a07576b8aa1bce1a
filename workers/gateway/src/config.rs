//! Variables and secrets of a deployment, read once per isolate: they cannot change while it lives.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use base64ct::{Base64UrlUnpadded, Encoding};
use quipu_auth::{AuthConfig, ConfigError, KeyMaterial, UnixSeconds, Verifier};
use quipu_core::presence::Times;
use quipu_core::rate::Rates;
use quipu_previews::address::Policy;
use quipu_schema::content::PreviewContent;
use quipu_schema::device::SignedIn;
use quipu_schema::ids::{CommandKey, ConversationId, IdKey, InviteToken, UserId, UserRef};
use quipu_schema::internal::Identity;
use quipu_schema::limits;
use quipu_schema::problem::{Code, Rejection};
use quipu_shell::Deployment;
use worker::Env;

use crate::preview;

/// A deployment's configuration, or what is wrong with it.
pub(crate) struct Config {
    ready: Result<Rc<Ready>, Vec<String>>,
    /// Other web origins that may call the API.
    pub allowed_origins: Vec<String>,
    development: bool,
    presence: Times,
    /// Whether pages that messages link to are looked at, and what may be asked for.
    previews: Option<Policy>,
}

/// A configuration that can serve.
pub(crate) struct Ready {
    pub app: String,
    pub issuer: String,
    pub audience: String,
    pub id_key: IdKey,
    pub verifier: Verifier,
    pub rates: Rates,
    /// Checks tokens of devices that were signed in by a link.
    pub device_verifier: Verifier,
    /// How long such a device stays signed in, milliseconds; 0 where there are no links.
    pub device_session_ms: u64,
    /// Whether people who chose nothing are found in the directory.
    pub people_listed: bool,
    /// For demo tokens; present where HS256 is configured.
    pub hs256: Option<String>,
}

thread_local! {
    static CONFIG: RefCell<Option<Rc<Config>>> = const { RefCell::new(None) };
}

fn text(env: &Env, name: &str) -> Option<String> {
    // `var` reads plain variables and secrets alike; an empty value counts as unset.
    env.var(name).ok().map(|value| value.to_string()).filter(|value| !value.trim().is_empty())
}

impl Config {
    /// The configuration of this isolate.
    pub(crate) fn of(env: &Env) -> Rc<Self> {
        CONFIG.with(|slot| {
            let mut slot = slot.borrow_mut();
            slot.get_or_insert_with(|| Rc::new(Self::read(env))).clone()
        })
    }

    fn read(env: &Env) -> Self {
        let origins = text(env, "ALLOWED_ORIGINS").unwrap_or_default();
        let development = text(env, "DEV_MODE").is_some_and(|value| value == "1");
        let loopback = development && text(env, "DEV_PREVIEWS_LOOPBACK").is_some_and(|value| value == "1");
        let off = text(env, "LINK_PREVIEWS").is_some_and(|value| value.eq_ignore_ascii_case("off"));
        let speed = text(env, "DEV_PRESENCE_SPEED").and_then(|speed| speed.parse().ok()).filter(|_| development);
        Self {
            ready: Ready::read(env).map(Rc::new),
            allowed_origins: origins.split([' ', ',']).filter(|origin| !origin.is_empty()).map(str::to_owned).collect(),
            development,
            presence: Times::default().faster(speed.unwrap_or(1)),
            previews: (!off).then_some(Policy { loopback }),
        }
    }

    /// The configuration, or `internal` with a sentence for the operator in the log and in health.
    pub(crate) fn ready(&self) -> Result<&Rc<Ready>, Rejection> {
        self.ready.as_ref().map_err(|problems| {
            worker::console_error!("{{\"event\":\"misconfigured\",\"problems\":{:?}}}", problems.join(" "));
            Rejection::new(
                Code::Internal,
                "This deployment is not configured yet; GET /v1/health says what is missing.",
            )
        })
    }

    /// What an operator has to mend.
    pub(crate) fn problems(&self) -> Vec<String> {
        self.ready.as_ref().err().cloned().unwrap_or_default()
    }

    /// Development needs the variable *and* a request over loopback, so that a deployment cannot have it by accident.
    pub(crate) const fn is_development(&self, loopback: bool) -> bool {
        self.development && loopback
    }
}

impl Ready {
    fn read(env: &Env) -> Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        let app = text(env, "APP_ID").unwrap_or_else(|| "main".to_owned());
        if app.len() > 32 || !app.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
            problems.push("APP_ID must be 1 to 32 lower-case letters, digits and hyphens.".to_owned());
        }
        let id_key = text(env, "ID_KEY").and_then(|secret| IdKey::new(secret.as_bytes()));
        if id_key.is_none() {
            problems.push("ID_KEY must be a secret of at least 32 bytes, set once and never changed.".to_owned());
        }
        let (issuer, audience) =
            (text(env, "AUTH_ISSUER").unwrap_or_default(), text(env, "AUTH_AUDIENCE").unwrap_or_default());
        let hs256 = text(env, "AUTH_HS256_SECRET");
        let key = |name: &str| text(env, name).map(KeyMaterial::from);
        let mut auth = AuthConfig {
            issuer: issuer.clone(),
            audience: audience.clone(),
            hs256_secret: hs256.clone().map(KeyMaterial::from),
            previous_hs256_secret: key("AUTH_HS256_SECRET_PREVIOUS"),
            ed25519_public_key: key("AUTH_ED25519_PUBLIC_KEY"),
            previous_ed25519_public_key: key("AUTH_ED25519_PUBLIC_KEY_PREVIOUS"),
            ..AuthConfig::default()
        };
        match text(env, "AUTH_LEEWAY_S").map(|value| value.parse()) {
            Some(Ok(leeway)) => auth.leeway_s = leeway,
            Some(Err(_)) => problems.push("AUTH_LEEWAY_S must be a number of seconds.".to_owned()),
            None => {}
        }
        let verifier = Verifier::new(&auth).map_err(|error| problems.push(format!("AUTH_…: {error}."))).ok();
        let mut rate = |name: &str, default: u32| match text(env, name).map(|value| value.parse::<u32>()) {
            None => default,
            Some(Ok(rate)) if rate > 0 => rate,
            Some(_) => {
                problems.push(format!("{name} must be a positive number of messages per second."));
                default
            }
        };
        let rates = Rates {
            user_per_s: rate("RATE_USER_PER_S", limits::RATE_USER_PER_S),
            conversation_per_s: rate("RATE_CONVERSATION_PER_S", limits::RATE_CONVERSATION_PER_S),
        };
        let days = match text(env, "DEVICE_SESSION_DAYS").map(|value| value.parse::<u64>()) {
            None => limits::DEVICE_SESSION_DAYS,
            Some(Ok(days)) if days <= limits::DEVICE_SESSION_DAYS_MAX => days,
            Some(_) => {
                let most = limits::DEVICE_SESSION_DAYS_MAX;
                problems.push(format!("DEVICE_SESSION_DAYS must be a number of days, at most {most}; 0 for no links."));
                0
            }
        };
        let people_listed = match text(env, "PEOPLE_DIRECTORY").as_deref().map(str::trim) {
            None | Some("unlisted") => false,
            Some("listed") => true,
            Some(_) => {
                problems.push("PEOPLE_DIRECTORY must be `listed` or `unlisted`.".to_owned());
                false
            }
        };
        let device_verifier = id_key.as_ref().map(|id_key| device_verifier(id_key, &app, auth.leeway_s)).transpose();
        let device_verifier =
            device_verifier.map_err(|error| problems.push(format!("ID_KEY: {error}."))).ok().flatten();
        match (id_key, verifier, device_verifier) {
            (Some(id_key), Some(verifier), Some(device_verifier)) if problems.is_empty() => Ok(Self {
                app,
                issuer,
                audience,
                id_key,
                verifier,
                rates,
                device_verifier,
                device_session_ms: days * 86_400_000,
                people_listed,
                hs256,
            }),
            _ => Err(problems),
        }
    }

    /// Whom a verified token names.
    pub(crate) fn identify(&self, token: &str, now_ms: u64) -> Result<Identity, Rejection> {
        let now = UnixSeconds::from_millis(i64::try_from(now_ms).unwrap_or(i64::MAX));
        // By its first letters alone, which no JSON Web Token has.
        let ours = token.strip_prefix(DEVICE_TOKEN);
        let verified = match ours {
            Some(token) if self.device_session_ms > 0 => self.device_verifier.verify(token, now),
            Some(_) => return Err(Code::DeviceLinksOff.into()),
            None => self.verifier.verify(token, now),
        };
        let verified = verified.map_err(Rejection::from)?;
        let linked = ours.is_some();
        // Who a device of ours is does not depend on who signed the token that made its link.
        let issuer = if linked { &self.issuer } else { &verified.issuer };
        Ok(Identity {
            app: self.app.clone(),
            user: UserId::derive(&self.id_key, &self.app, issuer, &verified.subject),
            subject: verified.subject,
            name: verified.name,
            picture: verified.picture,
            expires_at: u64::try_from(verified.expires_at.0).unwrap_or(0),
            device: verified.device.map(|id| SignedIn { id, linked }),
        })
    }

    /// The key of tokens that this deployment gives to devices.
    pub(crate) fn device_key(&self) -> KeyMaterial {
        device_key(&self.id_key)
    }

    /// Who issues them.
    pub(crate) fn device_issuer(&self) -> String {
        DEVICE_ISSUER.to_owned()
    }

    /// The user a caller means.
    pub(crate) fn resolve(&self, user: &UserRef) -> UserId {
        user.resolve(&self.id_key, &self.app, &self.issuer)
    }
}

/// What tokens of devices that were signed in by a link begin with.
pub(crate) const DEVICE_TOKEN: &str = "device~";
const DEVICE_ISSUER: &str = "urn:quipu:device";

/// As text, so that no byte of it is taken for white space around a secret.
fn device_key(id_key: &IdKey) -> KeyMaterial {
    KeyMaterial::from(Base64UrlUnpadded::encode_string(&id_key.subkey("device-token")))
}

fn device_verifier(id_key: &IdKey, app: &str, leeway_s: u32) -> Result<Verifier, ConfigError> {
    Verifier::new(&AuthConfig {
        issuer: DEVICE_ISSUER.to_owned(),
        audience: app.to_owned(),
        hs256_secret: Some(device_key(id_key)),
        leeway_s,
        max_lifetime_s: limits::LIFETIME_MAX_S,
        ..AuthConfig::default()
    })
}

/// What the objects borrow of the configuration.
pub(crate) struct Lent(pub Rc<Config>);

impl Deployment for Lent {
    fn verify(&self, token: &str, now_ms: u64) -> Result<Identity, Rejection> {
        self.0.ready()?.identify(token, now_ms)
    }

    fn resolve(&self, user: &UserRef) -> UserId {
        match (self.0.ready(), user) {
            (Ok(ready), user) => ready.resolve(user),
            // An object is reached through the gateway only, which refuses everything while it is not configured.
            (Err(_), UserRef::Id(id)) => *id,
            (Err(_), UserRef::Subject(_)) => UserId::NOBODY,
        }
    }

    fn invite(&self, conv: ConversationId, maker: UserId, key: CommandKey) -> Result<InviteToken, Rejection> {
        let ready = self.0.ready()?;
        Ok(InviteToken::derive(&ready.id_key, &ready.app, conv, maker, key))
    }

    fn lists_people(&self) -> bool {
        self.0.ready().is_ok_and(|ready| ready.people_listed)
    }

    fn presence(&self) -> Times {
        self.0.presence
    }

    fn previews(&self) -> bool {
        self.0.previews.is_some()
    }

    fn look(&self, url: String) -> Pin<Box<dyn Future<Output = Option<PreviewContent>>>> {
        let policy = self.0.previews;
        Box::pin(async move {
            match policy {
                Some(policy) => preview::look(&url, policy).await,
                None => None,
            }
        })
    }

    fn rates(&self) -> Rates {
        self.0.ready().map(|ready| ready.rates).unwrap_or_default()
    }
}
