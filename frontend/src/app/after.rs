//! What is done once the page has been drawn: what is not HTML, or needs the layout.

use super::sight;
use crate::panels::dialog;
use crate::stage::{Drawn, Owners, ram, threads};
use crate::story::panel::{Pane, Place};
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
    /// Whom one looks at: chosen, or lent its eyes.
    pub watched: Option<u64>,
    /// How far down the task list that one's row is.
    pub row_px: Option<usize>,
    pub place: Option<(Place, Pane)>,
    drawn: Option<Drawn>,
    scrolled: Option<(Place, Pane)>,
    seen: Option<u64>,
    /// What had the focus before a dialog was opened.
    opener: Option<web_sys::HtmlElement>,
}

impl After {
    /// What is looked at has to be brought into sight once more.
    pub fn forget(&mut self) {
        self.seen = None;
    }

    pub fn finish(&mut self) {
        ram::show(&mut self.drawn, (&self.ram, &self.owners, &self.way));
        dialog::open(&mut self.opener);
        if self.scrolled != self.place {
            let was = self.scrolled.map(|(place, _)| place);
            self.scrolled = self.place;
            if let Some((place, _)) = self.place {
                if was != Some(place) {
                    place.scroll();
                }
                sight::words();
            }
        }
        if self.seen != self.watched {
            self.seen = self.watched;
            if let Some(task) = self.watched {
                sight::task(task, self.row_px);
            }
        }
        // Last: it goes to where everything has been scrolled to.
        threads::draw(self.tied, &self.ram);
    }
}
