//! Who is there, and the plan of each conversation.

use super::Person;

/// The people of the demo world. The first two are those whose clients the demo page shows.
pub const PEOPLE: &[Person] = &[
    Person { subject: "mira", name: "Mira" },
    Person { subject: "jonas", name: "Jonas" },
    Person { subject: "layla", name: "ليلى" },
    Person { subject: "haruka", name: "遥" },
    Person { subject: "meiling", name: "美玲" },
    // Decomposed on purpose: i and a combining acute accent.
    Person { subject: "lucia", name: "Luci\u{301}a" },
    Person { subject: "thiago", name: "Thiago" },
    Person { subject: "elif", name: "Elif" },
    Person { subject: "aarav", name: "आरव" },
    Person { subject: "camille", name: "Camille" },
];

const MIRA: usize = 0;
const JONAS: usize = 1;
const LAYLA: usize = 2;
const HARUKA: usize = 3;
const MEILING: usize = 4;
const LUCIA: usize = 5;
const THIAGO: usize = 6;
const ELIF: usize = 7;
const AARAV: usize = 8;
const CAMILLE: usize = 9;

/// How one conversation is woven.
pub(super) struct Plan {
    pub slug: &'static str,
    /// Name and topic; none for a direct conversation.
    pub title: Option<(&'static str, &'static str)>,
    pub people: &'static [usize],
    /// Minutes since its last line.
    pub newest: u32,
    /// Days since its first line, at most.
    pub days: u32,
    /// Lines of small talk before the ending.
    pub history: usize,
    pub shares: &'static [Share],
    pub ending: &'static str,
}

/// A part of the small talk: its text, how often it comes, and who takes part in it.
pub(super) struct Share {
    pub talk: &'static str,
    pub weight: u64,
    pub by: &'static [usize],
}

/// Compiles in the text file `$name` of the folder `$folder`.
macro_rules! text {
    ($folder:literal, $name:literal) => {
        include_str!(concat!($folder, "/", $name, ".txt"))
    };
}

/// One share: language or subject, weight, speakers.
macro_rules! share {
    ($talk:literal, $weight:literal, $by:expr) => {
        Share { talk: text!("talk", $talk), weight: $weight, by: $by }
    };
}

/// One conversation; its slug names its ending too.
macro_rules! plan {
    ($slug:literal, $title:expr, $people:expr, $newest:literal, $days:literal, $history:literal, [$($share:expr),+]) => {
        Plan {
            slug: $slug,
            title: $title,
            people: $people,
            newest: $newest,
            days: $days,
            history: $history,
            shares: &[$($share),+],
            ending: text!("endings", $slug),
        }
    };
}

const ALL: &[usize] = &[MIRA, JONAS, LAYLA, HARUKA, MEILING, LUCIA, THIAGO, ELIF, AARAV, CAMILLE];
const DUO: &[usize] = &[MIRA, JONAS];
const GARDEN: &[usize] = &[LUCIA, MIRA, JONAS, THIAGO];
const KITCHEN: &[usize] = &[CAMILLE, MIRA, JONAS, LAYLA];
const STATION: &[usize] = &[AARAV, MIRA, JONAS, HARUKA];
const CHOIR: &[usize] = &[THIAGO, MIRA, JONAS, LUCIA];
const BIKES: &[usize] = &[JONAS, MIRA, ELIF, MEILING];
const TRAIN: &[usize] = &[HARUKA, MIRA, JONAS, MEILING];

#[rustfmt::skip]
pub(super) const PLANS: &[Plan] = &[
    plan!("ferry-house", Some(("Old Ferry House ⛴️", "Everything about the house, and nothing secret")), ALL, 1, 21, 560, [
        share!("en", 9, ALL), share!("signs", 2, ALL), share!("de", 2, &[JONAS, MIRA, ELIF]),
        share!("es", 2, &[LUCIA, MIRA, THIAGO]), share!("fr", 2, &[CAMILLE, LAYLA, MIRA]),
        share!("pt", 1, &[THIAGO, LUCIA]), share!("ja", 1, &[HARUKA, MEILING]), share!("code", 1, &[AARAV, HARUKA])]),
    plan!("mira-jonas", None, DUO, 9, 21, 330,
        [share!("en", 5, DUO), share!("de", 4, DUO), share!("signs", 1, DUO)]),
    plan!("weather-station", Some(("Weather station", "Mast, sensors and the page. Logs: https://example.org/station")), STATION, 42, 20, 290, [
        share!("code", 5, &[AARAV, HARUKA, MIRA]), share!("en", 4, STATION), share!("signs", 1, STATION)]),
    plan!("garden", Some(("Huerto 🌱", "Riego, semillas y erizos")), GARDEN, 118, 21, 230,
        [share!("es", 5, &[LUCIA, THIAGO, MIRA]), share!("en", 3, GARDEN), share!("pt", 1, &[THIAGO, LUCIA]), share!("signs", 1, GARDEN)]),
    plan!("thursday-kitchen", Some(("Cuisine du jeudi", "On cuisine, on mange, on débarrasse")), KITCHEN, 171, 19, 230,
        [share!("fr", 5, &[CAMILLE, LAYLA, MIRA]), share!("en", 4, KITCHEN), share!("signs", 1, KITCHEN)]),
    plan!("mira-layla", None, &[LAYLA, MIRA], 236, 21, 120,
        [share!("ar", 4, &[LAYLA, MIRA]), share!("en", 3, &[LAYLA, MIRA]), share!("signs", 1, &[LAYLA, MIRA])]),
    plan!("bike-workshop", Some(("Fahrradwerkstatt", "Dienstags und nach Gefühl")), BIKES, 305, 20, 220,
        [share!("de", 5, &[JONAS, ELIF, MIRA]), share!("en", 4, BIKES), share!("signs", 1, BIKES)]),
    plan!("mira-elif", None, &[ELIF, MIRA], 390, 18, 110,
        [share!("tr", 4, &[ELIF, MIRA]), share!("en", 3, &[ELIF, MIRA])]),
    plan!("night-train", Some(("夜行列車 🚂 Night train", "Four beds, one window")), TRAIN, 985, 17, 200,
        [share!("en", 5, TRAIN), share!("ja", 2, &[HARUKA, MEILING]), share!("zh", 1, &[MEILING, MIRA]), share!("signs", 1, TRAIN)]),
    plan!("mira-haruka", None, &[HARUKA, MIRA], 1_190, 21, 120,
        [share!("ja", 4, &[HARUKA, MIRA]), share!("en", 3, &[HARUKA, MIRA]), share!("signs", 1, &[HARUKA, MIRA])]),
    plan!("choir", Some(("Coro do rio 🎶", "Ensaios, partituras e lenços amarelos")), CHOIR, 1_560, 21, 200,
        [share!("pt", 4, &[THIAGO, LUCIA]), share!("en", 4, CHOIR), share!("es", 2, &[LUCIA, THIAGO, MIRA]), share!("signs", 1, CHOIR)]),
    plan!("mira-meiling", None, &[MIRA, MEILING], 2_480, 20, 110,
        [share!("zh", 4, &[MEILING, MIRA]), share!("en", 3, &[MEILING, MIRA])]),
    plan!("mira-aarav", None, &[MIRA, AARAV], 3_950, 21, 110,
        [share!("hi", 4, &[AARAV, MIRA]), share!("en", 3, &[AARAV, MIRA])]),
];
