//! Weaves small talk and a written ending into one conversation, always the same for the same plan.

use super::cast::{Plan, Share};
use super::script::{self, Cue, Exchange, Mark};
use super::{Act, Line};

const DAY: u32 = 1_440;
/// The quiet hours of each day, in minutes before the seeding: 23:00 to 7:00 for a world seeded at half past two.
pub(super) const NIGHT: std::ops::Range<u32> = 450..930;
/// No long text comes twice within this many lines.
pub(super) const APART: usize = 40;
/// A text shorter than this, in bytes, may come again at any time.
pub(super) const LONG: usize = 24;

/// A linear congruential generator: enough to shuffle small talk, and the same everywhere.
struct Dice(u64);

impl Dice {
    fn new(name: &str) -> Self {
        Self(
            name.bytes()
                .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)),
        )
    }

    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33).checked_rem(end).unwrap_or(0)
    }

    fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).unwrap_or(0)
    }

    fn minutes(&mut self, end: u32) -> u32 {
        u32::try_from(self.below(u64::from(end))).unwrap_or(0)
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.index(last + 1));
        }
    }

    /// One of several alternatives with `|` between.
    fn choose<'a>(&mut self, alternatives: &'a str) -> &'a str {
        let at = self.index(alternatives.split('|').count());
        alternatives.split('|').nth(at).unwrap_or_default()
    }

    /// Minutes between two lines of one exchange.
    fn gap(&mut self) -> u32 {
        match self.below(10) {
            0..=3 => 0,
            4..=6 => 1,
            7..=8 => 2 + self.minutes(3),
            _ => 5 + self.minutes(4),
        }
    }
}

/// A share's exchanges in the order they are drawn.
struct Deck<'a> {
    share: &'a Share,
    exchanges: Vec<Exchange>,
    next: usize,
}

impl<'a> Deck<'a> {
    fn new(share: &'a Share, dice: &mut Dice) -> Self {
        let mut exchanges = script::read(share.talk);
        exchanges.retain(|exchange| exchange.speakers() <= share.by.len());
        dice.shuffle(&mut exchanges);
        Self { share, exchanges, next: 0 }
    }

    /// The next exchange. A new round shuffles each half by itself, so that none comes back at once.
    fn draw(&mut self, dice: &mut Dice) -> Option<&Exchange> {
        if self.next >= self.exchanges.len() {
            self.next = 0;
            let half = self.exchanges.len() / 2;
            let (front, back) = self.exchanges.split_at_mut(half);
            dice.shuffle(front);
            dice.shuffle(back);
        }
        self.next += 1;
        self.exchanges.get(self.next - 1)
    }
}

/// All lines of a conversation, oldest first.
pub(super) fn lines(plan: &Plan) -> Vec<Line> {
    let mut dice = Dice::new(plan.slug);
    let ending: Vec<Cue> = script::read(plan.ending).into_iter().flat_map(|exchange| exchange.cues).collect();
    // The ending is timed backwards from its last line, and stays when the small talk changes.
    let mut times = Vec::with_capacity(ending.len());
    let mut at = plan.newest;
    for cue in ending.iter().rev() {
        times.push(at);
        at += cue.pause.unwrap_or_else(|| dice.gap());
    }
    let mut lines = small_talk(plan, at + 30, &mut dice);
    for (cue, at) in ending.into_iter().zip(times.into_iter().rev()) {
        if let Some(by) = cue.by.to_digit(10) {
            perform(&mut lines, by as usize, cue.mark, cue.text, at);
        }
    }
    lines
}

/// The history: bursts of exchanges, all before `until` minutes ago.
fn small_talk(plan: &Plan, until: u32, dice: &mut Dice) -> Vec<Line> {
    let mut decks: Vec<Deck<'_>> = plan.shares.iter().map(|share| Deck::new(share, dice)).collect();
    let starts = burst_starts(plan, until, dice);
    let sizes: Vec<u64> = starts.iter().map(|_| 1 + dice.below(4)).collect();
    let total: u64 = sizes.iter().sum();
    let mut lines: Vec<Line> = Vec::with_capacity(plan.history);
    let mut share_so_far = 0;
    for (burst, (start, size)) in starts.iter().zip(&sizes).enumerate() {
        share_so_far += size;
        let target = (plan.history as u64 * share_so_far).checked_div(total).unwrap_or(0);
        let floor = starts.get(burst + 1).copied().unwrap_or(until);
        let mut at = *start;
        while (lines.len() as u64) < target {
            let Some(cues) = next_exchange(&mut decks, &lines, dice) else { break };
            for (cue, by) in cues {
                perform(&mut lines, by, cue.mark, cue.text, at);
                at = at.saturating_sub(dice.gap()).max(floor);
            }
            at = at.saturating_sub(dice.minutes(9)).max(floor);
        }
    }
    lines
}

/// When the bursts begin, in minutes ago, the oldest first, an hour or more apart and none at night.
fn burst_starts(plan: &Plan, until: u32, dice: &mut Dice) -> Vec<u32> {
    let mut starts = vec![plan.days * DAY - 1 - dice.minutes(400)];
    for _ in 0..plan.history / 5 {
        let start = dice.minutes(plan.days) * DAY + dice.minutes(DAY);
        if start > until + 60 && !NIGHT.contains(&(start % DAY)) {
            starts.push(start);
        }
    }
    starts.sort_unstable_by(|a, b| b.cmp(a));
    starts.dedup_by(|later, earlier| *earlier < *later + 60);
    starts
}

/// Draws an exchange that does not repeat what was just said, or the last of several tries, with its speakers.
fn next_exchange(decks: &mut [Deck<'_>], lines: &[Line], dice: &mut Dice) -> Option<Vec<(Cue, usize)>> {
    let mut drawn = None;
    for _ in 0..12 {
        let mut pick = dice.below(decks.iter().map(|deck| deck.share.weight).sum());
        let deck = decks.iter_mut().find(|deck| {
            let here = pick < deck.share.weight;
            pick = pick.saturating_sub(deck.share.weight);
            here
        })?;
        let mut speakers = deck.share.by.to_vec();
        dice.shuffle(&mut speakers);
        let exchange = deck.draw(dice)?;
        let cues = fill(exchange, &speakers, dice);
        let fresh = cues
            .iter()
            .all(|(cue, _)| cue.text.len() < LONG || lines.iter().rev().take(APART).all(|line| line.text != cue.text));
        drawn = Some(cues);
        if fresh {
            break;
        }
    }
    drawn
}

/// Chooses the words and the speakers of an exchange.
fn fill(exchange: &Exchange, speakers: &[usize], dice: &mut Dice) -> Vec<(Cue, usize)> {
    let word = exchange.choices.map(|choices| dice.choose(choices));
    let number = (2 + dice.below(58)).to_string();
    let time = format!("{}:{:02}", 17 + dice.below(4), dice.below(4) * 15);
    let cast = |cue: &Cue| speakers.get((cue.by as usize).checked_sub('A' as usize)?).copied();
    let mut filled = Vec::with_capacity(exchange.cues.len());
    for cue in &exchange.cues {
        let Some(by) = cast(cue) else { continue };
        let mut text = alternatives(&cue.text, dice);
        if let Some(word) = word {
            text = text.replace("{x}", word);
        }
        text = text.replace("{n}", &number).replace("{t}", &time);
        filled.push((Cue { text, ..cue.clone() }, by));
    }
    filled
}

/// Replaces every `<a|b>` by one of its alternatives.
fn alternatives(text: &str, dice: &mut Dice) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        out.push_str(before);
        match after.split_once('>') {
            Some((inside, behind)) if inside.contains('|') => {
                out.push_str(dice.choose(inside));
                rest = behind;
            }
            _ => {
                out.push('<');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// Adds one line. A mark that finds nothing to refer to becomes a plain message; a deletion is then left out.
pub(super) fn perform(lines: &mut Vec<Line>, by: usize, mark: Mark, text: String, minutes_ago: u32) {
    let own = |line: &Line| line.by == by;
    let act = match mark {
        Mark::Say => Act::Say,
        Mark::Reply(back) => message(lines, back, |_| true).map_or(Act::Say, |to| Act::Reply { to }),
        Mark::Edit => message(lines, 1, own).map_or(Act::Say, |line| Act::Edit { line }),
        Mark::Delete => match message(lines, 1, own) {
            Some(line) => Act::Delete { line },
            None => return,
        },
    };
    lines.push(Line { by, text, minutes_ago, act });
}

/// The message that is `back` messages back among those that fit and are not deleted.
fn message(lines: &[Line], back: usize, fits: impl Fn(&Line) -> bool) -> Option<usize> {
    let gone = |at: usize| lines.iter().skip(at).any(|line| line.act == Act::Delete { line: at });
    lines
        .iter()
        .enumerate()
        .rev()
        .filter(|(at, line)| matches!(line.act, Act::Say | Act::Reply { .. }) && fits(line) && !gone(*at))
        .nth(back.checked_sub(1)?)
        .map(|(at, _)| at)
}
