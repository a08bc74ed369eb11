"""The beginning of the demonstration: its services load while this process does."""

from __future__ import annotations

from deploy import assembly
from deploy.demo.cast import cast
from deploy.demo.options import DemoOptions
from deploy.demo.run import Run, folder, free_port, page_port, signals
from deploy.supervise import Crew
from devices.quantity import load_quantities
from devices.recipe import load_recipes
from devices.words import say


def demo(options: DemoOptions) -> int:
    """Run the demonstration; 0 when nothing was lost nor doubled and a reading reached the page.

    Raises DemoError, RecipeError and QuantityError with a sentence.
    """
    quantities = load_quantities(options.recipes)
    recipes = load_recipes(options.recipes, quantities=quantities)
    broker = assembly.broker_kind(options.broker)
    with folder(options.keep) as home:
        run = Run(
            home, options, cast(recipes), recipes, quantities, Crew(home / "pids.json"),
            broker_port=free_port(), gateway_port=free_port(), page_port=page_port(options.port),
        )  # fmt: skip
        print(say("demo.preparing", options.lang, broker=broker, devices=len(run.players)), flush=True)
        with signals(run):
            try:
                run.start_services()
                # numpy, sqlalchemy and rich take a second to load: the services load beside them.
                from deploy.demo.reckoning import reckon
                from deploy.demo.show import Show

                show = Show(run)
                show.play()
                told = reckon(run, show.logs(), first_reading_s=show.first_reading_s)
            finally:
                run.stop()
        return show.close(told)
