"""Every way of a pack that a passport is made of."""

from tests.unit import crate_scenes as crates
from tests.unit import logger_scenes as loggers

SCENES = {scene.__name__: scene for scene in (
    crates.shift, crates.single_unpack, crates.open_crate, crates.fridge, crates.pallet,
    crates.revoked, crates.crate_goes_on, crates.second_place, crates.still_in_fridge,
    crates.shipment_cancelled, crates.crate_from_fridge, crates.crate_reused,
    crates.same_crate_again, crates.open_pallet, crates.off_the_pallet,
    crates.pallet_unpacked, crates.from_crate_to_pallet, crates.as_deep_as_it_goes,
    crates.recalled_pallet, crates.out_of_recalled_pallet, crates.out_of_recalled_crate,
    loggers.gaps, loggers.two_intervals, loggers.epochs, loggers.forked, loggers.one_block,
    loggers.late_attach, loggers.late_shift, loggers.far_apart, loggers.rotated,
    loggers.calibrated, loggers.epochs_skipped, loggers.timeless, loggers.clock_ahead,
    loggers.boot_ahead, loggers.clock_behind, loggers.clocks_set_wrong)}
