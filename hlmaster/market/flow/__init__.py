"""What was traded and quoted over time at which price: plain arrays, fed with the feed's judged facts."""
