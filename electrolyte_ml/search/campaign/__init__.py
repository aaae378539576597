"""Campaigns: suggest recipes, record what the laboratory found, and suggest better ones."""

from __future__ import annotations

from electrolyte_ml.search.campaign.folder import Campaign
from electrolyte_ml.search.campaign.log import CampaignLogError
from electrolyte_ml.search.campaign.state import Result, State, Status, Suggestion

__all__ = ["Campaign", "CampaignLogError", "Result", "State", "Status", "Suggestion"]
