//! Seeded simulator.
