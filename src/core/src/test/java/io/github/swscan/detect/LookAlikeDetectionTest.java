package io.github.swscan.detect;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.swscan.engine.Precision;
import io.github.swscan.engine.TorchEngine;
import io.github.swscan.fixture.LentEngine;
import io.github.swscan.fixture.LookAlike;
import io.github.swscan.fixture.ReferenceCheckpoint;
import io.github.swscan.text.TokenSet;
import io.github.swscan.weight.Coordinate;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What real models have, planted: each gets the right verdict, for the right weights and sets. */
class LookAlikeDetectionTest {

    @LentEngine
    private static TorchEngine engine;

    @TempDir
    private Path folder;

    static List<LookAlike> models() {
        return LookAlike.all();
    }

    @ParameterizedTest
    @MethodSource("models")
    void getsTheRightVerdicts(LookAlike planted) {
        planted.write(folder);
        Detection detection = Detections.run(
                ReferenceCheckpoint.model(folder, engine, Precision.FP32),
                TokenSet.ofIds(planted.tokens()),
                Detections.SETTINGS);
        Judge judge = Detections.judge(detection);

        assertThat(detection.readings()).isLessThanOrEqualTo(2);
        for (Proof proof : detection.proofs()) {
            Coordinate weight = proof.candidate().coordinate();
            assertThat(judge.verdict(proof.alone())).as("%s alone", weight).isEqualTo(planted.verdict(weight));
        }
        assertThat(detection.proofs())
                .extracting(proof -> proof.candidate().coordinate())
                .containsAll(planted.planted());
        for (LookAlike.ExpectedSet expected : planted.sets()) {
            assertThat(detection.sets())
                    .as("the set of %s", expected)
                    .anyMatch(set ->
                            set.kind().label().equals(expected.kind().name().toLowerCase(Locale.ROOT))
                                    && judge.verdict(set.effect()) == expected.verdict()
                                    && set.members().size() == expected.size()
                                    && expected.among().containsAll(set.members()));
        }
        assertThat(detection.sets()).as("no set of others").allMatch(set -> planted.planted()
                .containsAll(set.members()));
        assertThat(Detections.strongest(detection)).isEqualTo(planted.verdict());
    }
}
