from dataclasses import replace
from storyfold.model.events import *
from storyfold.model.articles import *
from storyfold.model.features import Features
from datetime import datetime

def opened(event_id,article,features,placement):
    at=article.published_at.at if article.published_at else article.first_seen_at
    return Event(event_id,1,EventStatus.EMERGING,None,(),Sentence(article.headline,article.article_id),(),None,(),None,(),(),(),(),(),Counts(1,1,0,1,1),at,at,(),Algorithm('a','1'))
def joined(event,article,features,placement): return event
def merged_descriptions(w,l): return replace(w,merged_from=(*w.merged_from,l.event_id))
