package io.github.swscan.benchmark;

import io.github.swscan.architecture.Architecture;
import io.github.swscan.architecture.Head;
import io.github.swscan.architecture.Linear;
import io.github.swscan.architecture.Mlp;
import io.github.swscan.architecture.family.Config;
import io.github.swscan.architecture.family.Families;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.CheckpointLocation;
import io.github.swscan.engine.Precision;
import io.github.swscan.engine.TorchEngine;
import io.github.swscan.forward.Branch;
import io.github.swscan.forward.ForwardPass;
import io.github.swscan.forward.HeadPass;
import io.github.swscan.forward.Probe;
import io.github.swscan.forward.RunnableModel;
import io.github.swscan.forward.Sequences;
import io.github.swscan.input.LocalSource;
import io.github.swscan.weight.ScalarEdit;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Single forward passes over a checkpoint, in this process, without what a whole scan has around them. */
final class Passes {

    private final RunnableModel model;

    Passes(Path folder, TorchEngine engine, Precision precision) {
        CheckpointLocation location = CheckpointLocation.find(folder);
        Checkpoint checkpoint = Checkpoint.open(location);
        Architecture architecture = Families.describe(
                Config.read(LocalSource.of(location.config().orElseThrow())),
                checkpoint.tensors().keySet());
        this.model = new RunnableModel(architecture, checkpoint, engine, precision);
    }

    /** The matrices that a pass multiplies with; of a mixture all experts'. */
    List<Linear> matrices() {
        return Stream.concat(
                        model.architecture().blocks().stream().flatMap(block -> block.linears()),
                        model.architecture().head().stream().map(Head::vocabulary))
                .toList();
    }

    /**
     * A pass over sequences of random tokens, with scores of all predictions.
     *
     * @param branches how many there are besides the original; each has one weight of the first layer removed, so that it
     *     goes through all other layers
     */
    Timing pass(int sequences, int tokens, int branches, int runs) throws Exception {
        Random random = new Random(4);
        List<int[]> ids = new ArrayList<>();
        for (int i = 0; i < sequences; i++) {
            ids.add(random.ints(tokens, 0, model.architecture().vocabularySize())
                    .toArray());
        }
        Sequences all = new Sequences(ids);
        Linear down = ((Mlp) model.architecture().blocks().get(0).feedForward()).down();
        List<Branch> planned = IntStream.range(0, branches)
                .mapToObj(i -> new Branch(all.all(), List.of(new ScalarEdit(down, i, i, 0))))
                .toList();
        return Timing.of(runs, 1, () -> {
            try (ForwardPass pass = new ForwardPass(model, all, bytes -> {})) {
                HeadPass readout = pass.run(planned, Probe.NONE);
                List<Branch> scored = new ArrayList<>(List.of(pass.original()));
                scored.addAll(planned);
                return readout.score(scored, all.all());
            }
        });
    }
}
