"""What `girouette bench` measures: folders of data scored by public rules, with the code that runs in the gateway."""
