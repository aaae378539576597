"""Campaigns: suggest recipes, record measurements, and suggest better recipes."""

from __future__ import annotations

from electrolyte_ml.campaign.campaign import Campaign
from electrolyte_ml.campaign.log import CampaignLogError
from electrolyte_ml.campaign.recorded import Recorded
from electrolyte_ml.campaign.state import (
    CampaignState,
    Goal,
    Result,
    Status,
    Suggestion,
    Suggestions,
)

__all__ = [
    "Campaign",
    "CampaignLogError",
    "CampaignState",
    "Goal",
    "Recorded",
    "Result",
    "Status",
    "Suggestion",
    "Suggestions",
]
