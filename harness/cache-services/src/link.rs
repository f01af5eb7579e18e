//! The link in front of a service: when bytes have passed and how long an answer is on its way.
//! A pure state machine with time passed in; `connection` waits for what it says. One budget a
//! direction is shared by all connections.

use lukewarm_model::{Bandwidth, Network};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Bytes that pass the link as one piece: small, so that connections take turns fairly.
pub const PIECE: usize = 16 * 1024;

/// A wait shorter than this is not worth a timer: the debt is carried instead, in seconds.
const SHORTEST_WAIT: f64 = 0.000_5;

/// How far a pacer may lag behind and still catch up: more than a timer is late, in seconds.
const CATCH_UP: f64 = 0.015;

/// One direction's budget, shared by all connections.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pacer {
    /// Seconds a byte takes; none means no limit.
    per_byte: Option<f64>,
    /// When everything that was granted has passed, in seconds.
    busy_until: f64,
}

/// Both directions, and the way there and back.
#[derive(Debug)]
pub struct Link {
    /// From service to job.
    pub down: Pacer,
    /// From job to service.
    pub up: Pacer,
    round_trip: f64,
    jitter: f64,
    connect_round_trips: u32,
    random: ChaCha8Rng,
}

impl Pacer {
    /// A pacer of that rate.
    pub fn new(rate: Option<Bandwidth>) -> Pacer {
        let per_byte = rate.map(|rate| 1.0 / rate.bytes_per_second());
        Pacer { per_byte, busy_until: 0.0 }
    }

    /// Whether it never makes anybody wait.
    pub fn is_unlimited(&self) -> bool {
        self.per_byte.is_none()
    }

    /// Grants a piece at the end of the queue, and gives how long to wait until it has passed.
    ///
    /// A pacer that has just been busy goes on where it was, even when its user comes late: lost
    /// time is caught up, so the rate holds. One that was idle starts now: nothing passes faster
    /// than its bytes take.
    pub fn grant(&mut self, now: f64, bytes: usize) -> f64 {
        let Some(per_byte) = self.per_byte else { return 0.0 };
        let start = if now - self.busy_until <= CATCH_UP { self.busy_until } else { now };
        self.busy_until = start + bytes as f64 * per_byte;
        let wait = self.busy_until - now;
        if wait < SHORTEST_WAIT { 0.0 } else { wait }
    }
}

impl Link {
    /// The link of a network, with the seed of its jitter.
    pub fn new(network: &Network, seed: u64) -> Link {
        Link {
            down: Pacer::new(network.down),
            up: Pacer::new(network.up),
            round_trip: network.round_trip.0,
            jitter: network.jitter.0,
            connect_round_trips: network.connect_round_trips,
            random: ChaCha8Rng::seed_from_u64(seed),
        }
    }

    /// How long one request's answer is on its way, in seconds.
    pub fn round_trip(&mut self) -> f64 {
        if self.jitter == 0.0 {
            return self.round_trip;
        }
        let deviation = self.random.random_range(-self.jitter..=self.jitter);
        (self.round_trip + deviation).max(0.0)
    }

    /// How long opening a connection takes, in seconds.
    pub fn connecting(&self) -> f64 {
        f64::from(self.connect_round_trips) * self.round_trip
    }
}

#[cfg(test)]
mod tests {
    use lukewarm_model::Seconds;

    use super::*;

    /// Sends so many bytes with a timer that is late by `late` each time, and gives the end.
    fn send(pacer: &mut Pacer, start: f64, bytes: usize, late: f64) -> f64 {
        let mut now = start;
        for _ in 0..bytes.div_ceil(PIECE) {
            let wait = pacer.grant(now, PIECE);
            now += if wait > 0.0 { wait + late } else { 0.0 };
        }
        now - start
    }

    #[test]
    fn a_long_stream_has_the_set_rate_even_with_late_timers() {
        for (mbit, late) in [(1, 0.001), (25, 0.001), (100, 0.002), (1000, 0.001), (2000, 0.001)] {
            let mut pacer = Pacer::new(Some(Bandwidth(mbit * 1_000_000)));
            let seconds = 2.0;
            let bytes = (mbit as f64 * 1e6 / 8.0 * seconds) as usize;
            let took = send(&mut pacer, 100.0, bytes, late);
            assert!((took / seconds - 1.0).abs() < 0.1, "{mbit} Mbit/s took {took} s");
        }
    }

    #[test]
    fn after_a_pause_nothing_is_free() {
        let mut pacer = Pacer::new(Some(Bandwidth(8_000_000)));
        pacer.grant(0.0, 1000);
        let wait = pacer.grant(10.0, 10_000);
        assert!((wait - 0.01).abs() < 1e-9, "{wait}");
    }

    #[test]
    fn two_users_share_one_budget() {
        let mut pacer = Pacer::new(Some(Bandwidth(8_000_000)));
        let first = pacer.grant(1.0, 10_000);
        let second = pacer.grant(1.0, 10_000);
        assert!((first - 0.01).abs() < 1e-9 && (second - 0.02).abs() < 1e-9);
    }

    #[test]
    fn an_unlimited_pacer_never_waits() {
        let mut pacer = Pacer::new(None);
        assert!(pacer.is_unlimited());
        assert_eq!(pacer.grant(0.0, usize::MAX), 0.0);
    }

    #[test]
    fn jitter_stays_in_its_bounds_and_repeats_with_its_seed() {
        let network = Network {
            round_trip: Seconds(0.04),
            jitter: Seconds(0.01),
            connect_round_trips: 2,
            ..Network::unlimited()
        };
        let trips = |seed| {
            let mut link = Link::new(&network, seed);
            (0..1000).map(|_| link.round_trip()).collect::<Vec<f64>>()
        };
        let first = trips(1);
        assert!(first.iter().all(|trip| (0.03..=0.05).contains(trip)));
        let mean = first.iter().sum::<f64>() / 1000.0;
        assert!((mean - 0.04).abs() < 0.001, "{mean}");
        assert_eq!(first, trips(1));
        assert_ne!(first, trips(2));
        assert!((Link::new(&network, 1).connecting() - 0.08).abs() < 1e-9);
    }
}
