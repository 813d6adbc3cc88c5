package io.github.swscan.detect;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.swscan.architecture.Matrix;
import io.github.swscan.detect.PlantedTest.Planted;
import io.github.swscan.engine.Precision;
import io.github.swscan.engine.TorchEngine;
import io.github.swscan.fixture.EditedCheckpoint;
import io.github.swscan.fixture.LentEngine;
import io.github.swscan.fixture.ReferenceCheckpoint;
import io.github.swscan.forward.RunnableModel;
import io.github.swscan.weight.Coordinate;
import io.github.swscan.weight.ScalarEdit;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A late weight that takes the super activation out of the residual stream again spikes like a super weight. It is put
 * into a model with one super weight: a channel that answers the super activation, and a weight from there back to it.
 */
class CancellingSpikeTest {

    private static final int SUPER_ROW = 49;
    private static final int CHANNEL = 7;
    private static final int LAYER = 4;

    @LentEngine
    private static TorchEngine engine;

    @TempDir
    private Path folder;

    @Test
    void isReportedAsCancellingAndNotAsASuperWeight() {
        Planted planted = Planted.named("planted/one-llama");
        RunnableModel original = planted.reference().model(engine, Precision.FP32);
        EditedCheckpoint.write(folder, original, planted.reference().folder(), canceller(original));
        Planted edited =
                new Planted(new ReferenceCheckpoint(folder, planted.reference().expected()));
        Detection detection = edited.detect(engine, Precision.FP32, Detections.SETTINGS);

        assertThat(detection.layers().get(LAYER).spike()).isTrue();
        assertThat(detection.proofs())
                .filteredOn(proof -> proof.candidate().layer() == LAYER)
                .extracting(Proof::kind)
                .startsWith(Candidate.Kind.CANCELLING);
        assertThat(detection.proofs())
                .filteredOn(proof -> proof.kind() == Candidate.Kind.INDEPENDENT)
                .extracting(proof -> proof.candidate().coordinate())
                .startsWith(planted.coordinates().get(0));
        assertThat(Detections.superWeights(detection))
                .startsWith(planted.coordinates().get(0))
                .noneMatch(weight -> weight.row() == SUPER_ROW && weight.column() == CHANNEL);
    }

    /** The super activation is about -400 of a normed stream's sqrt(64) = 8; the other tokens have next to none of it. */
    private static List<ScalarEdit> canceller(RunnableModel model) {
        String prefix = "model.layers." + LAYER + ".mlp.";
        List<ScalarEdit> edits = new ArrayList<>();
        for (int input = 0; input < model.architecture().hiddenSize(); input++) {
            edits.add(edit(prefix + "gate_proj.weight", CHANNEL, input, input == SUPER_ROW ? -2 : 0));
            edits.add(edit(prefix + "up_proj.weight", CHANNEL, input, input == SUPER_ROW ? -0.75f : 0));
        }
        edits.add(edit(prefix + "down_proj.weight", SUPER_ROW, CHANNEL, 3.5f));
        return edits;
    }

    private static ScalarEdit edit(String tensor, int row, int column, float value) {
        return new ScalarEdit(new Coordinate(new Matrix(tensor), row, column), value);
    }
}
