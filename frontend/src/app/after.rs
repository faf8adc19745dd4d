//! What is done once the page has been drawn: what is not HTML, or needs the layout.

use crate::panels::dialog;
use crate::stage::{Drawn, Owners, ram, threads};
use crate::story::panel::Place;
use sim_core::view::RamView;
use std::rc::Rc;

/// What the last drawing leaves to be done, and what was done after earlier ones.
#[derive(Default)]
pub struct After {
    pub ram: Rc<RamView>,
    pub owners: Owners,
    /// Frames to be pointed at: one, or the way to it through the page tables.
    pub way: Rc<Vec<u64>>,
    /// The process that the thread ties together.
    pub tied: Option<u64>,
    pub place: Option<Place>,
    drawn: Option<Drawn>,
    scrolled: Option<Place>,
}

impl After {
    pub fn finish(&mut self) {
        ram::show(&mut self.drawn, (&self.ram, &self.owners, &self.way));
        threads::draw(self.tied, &self.ram);
        dialog::open();
        if self.scrolled != self.place {
            self.scrolled = self.place;
            if let Some(place) = self.place {
                place.scroll();
            }
        }
    }
}
