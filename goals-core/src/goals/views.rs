//! The use cases of views.

use chrono::{DateTime, Utc};

use super::{Expected, Goals};
use crate::error::{Current, Error};
use crate::ids::{OwnerId, ViewId};
use crate::limits::{LimitKind, Usage};
use crate::store::DocumentKind;
use crate::view::{VIEWS_MAX, View, ViewDraft, ViewList, ViewPatch};

impl Goals {
    /// An owner's views, in the order in which they were made.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn views(&self, owner: OwnerId) -> Result<Vec<View>, Error> {
        Ok(self.read_views(owner).await?.1.0)
    }

    /// How many views an owner may have, and has.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn view_usage(&self, owner: OwnerId) -> Result<Usage, Error> {
        Ok(Usage { max: VIEWS_MAX as u64, used: self.views(owner).await?.len() as u64 })
    }

    /// Makes a view.
    ///
    /// # Errors
    /// [`Error::Invalid`] with everything that is wrong, [`Error::ViewExists`],
    /// [`Error::LimitReached`], [`Error::Unavailable`].
    pub async fn create_view(&self, owner: OwnerId, draft: ViewDraft) -> Result<View, Error> {
        let now = self.clock.now();
        let view = draft.into_view(ViewId::from_uuid(self.ids.id(now)), now)?;
        let add = |views: &mut ViewList, _| {
            views.check_name(&view)?;
            if views.0.len() >= VIEWS_MAX {
                return Err(Error::LimitReached { limit: LimitKind::Views, max: VIEWS_MAX as u64 });
            }
            views.0.push(view.clone());
            Ok(view.clone())
        };
        self.change_views(owner, add).await
    }

    /// Changes a view.
    ///
    /// # Errors
    /// [`Error::Invalid`] with everything that is wrong, [`Error::ViewExists`], [`Error::Stale`]
    /// with the view as it is now, [`Error::NotFound`], [`Error::Unavailable`].
    pub async fn update_view(
        &self,
        owner: OwnerId,
        id: ViewId,
        expected: Expected,
        patch: &ViewPatch,
    ) -> Result<View, Error> {
        let change = |views: &mut ViewList, now| {
            let place = place(views, id, expected)?;
            let next = patch.apply(&views.0[place], now)?;
            views.check_name(&next)?;
            views.0[place] = next.clone();
            Ok(next)
        };
        self.change_views(owner, change).await
    }

    /// Removes a view.
    ///
    /// # Errors
    /// [`Error::Stale`] with the view as it is now, [`Error::NotFound`], [`Error::Unavailable`].
    pub async fn delete_view(&self, owner: OwnerId, id: ViewId, expected: Expected) -> Result<(), Error> {
        let remove = |views: &mut ViewList, _| {
            let place = place(views, id, expected)?;
            views.0.remove(place);
            Ok(())
        };
        self.change_views(owner, remove).await
    }

    async fn change_views<T>(
        &self,
        owner: OwnerId,
        change: impl Fn(&mut ViewList, DateTime<Utc>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        loop {
            let (revision, before) = self.read_views(owner).await?;
            let mut views = before.clone();
            let done = change(&mut views, self.clock.now())?;
            if views == before
                || self.store.put_document(owner, DocumentKind::Views, &views.to_value(), revision).await?
            {
                return Ok(done);
            }
            // Somebody was faster: the next round reads their views and judges them. Each round
            // that fails is one that another caller won, so the loop ends.
        }
    }

    /// The views and the revision that they are.
    async fn read_views(&self, owner: OwnerId) -> Result<(u64, ViewList), Error> {
        let Some(document) = self.store.document(owner, DocumentKind::Views).await? else {
            return Ok((0, ViewList::default()));
        };
        let views = ViewList::from_value(&document.body).ok_or_else(|| Error::internal("these are no views"))?;
        Ok((document.revision, views))
    }
}

/// Where in the list a view is.
fn place(views: &ViewList, id: ViewId, expected: Expected) -> Result<usize, Error> {
    let place = views.0.iter().position(|view| view.id == id).ok_or(Error::NotFound)?;
    let view = &views.0[place];
    if expected.allows(view.version) { Ok(place) } else { Err(Error::Stale(Current::View(Box::new(view.clone())))) }
}
