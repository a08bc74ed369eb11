"""The atelier: from the bag to the page, for who sits at this machine or was given a link."""
