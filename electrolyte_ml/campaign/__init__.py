"""Campaigns: suggest recipes, record measurements, and suggest better recipes."""

from __future__ import annotations

from electrolyte_ml.campaign.campaign import Campaign
from electrolyte_ml.campaign.events import (
    CampaignLogError,
    CampaignState,
    Result,
    Status,
    Suggestion,
    Suggestions,
)
from electrolyte_ml.campaign.recorded import Recorded

__all__ = [
    "Campaign",
    "CampaignLogError",
    "CampaignState",
    "Recorded",
    "Result",
    "Status",
    "Suggestion",
    "Suggestions",
]
