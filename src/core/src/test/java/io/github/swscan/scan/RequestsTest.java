package io.github.swscan.scan;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.swscan.ablate.AblationSettings;
import io.github.swscan.ablate.Variant;
import io.github.swscan.detect.DetectionRules;
import io.github.swscan.detect.SpikeRule;
import io.github.swscan.engine.PrecisionChoice;
import io.github.swscan.policy.Exemption;
import io.github.swscan.policy.Policy;
import io.github.swscan.policy.Rule;
import io.github.swscan.report.Verdict;
import io.github.swscan.report.finding.FindingRule;
import io.github.swscan.text.TokenRequest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Requests are values that can be sent to where they are run. */
class RequestsTest {

    private static final TokenRequest TOKENS =
            new TokenRequest(List.of("a", "b"), "prompts.txt", "text.jsonl", "ids.json", 100, 10);

    private static final DetectionRequest DETECTION = new DetectionRequest(
            "model",
            "config.json",
            TOKENS,
            true,
            new DetectionRules(
                    new SpikeRule.Absolute(50, 60),
                    0.3,
                    Map.of(Verdict.CRITICAL, 20.0, Verdict.MODERATE, 1.5),
                    4,
                    8,
                    2,
                    7),
            new Policy(
                    Set.of(Rule.HIGH, Rule.SET),
                    List.of(new Exemption(
                            Set.of(FindingRule.CRITICAL_SET),
                            "w",
                            1,
                            2,
                            "*",
                            "known",
                            LocalDate.of(2027, 1, 31),
                            "file",
                            "ignore[0]"))),
            new BaselineRequest("before.json", 0.02),
            true,
            PrecisionChoice.BF16,
            "original",
            true,
            List.of("report.json"));

    private static final AblationRequest ABLATION = new AblationRequest(
            "",
            "reports",
            "config.json",
            List.of("1:2:3", "model.layers.0.mlp.down_proj.weight:4:5"),
            0,
            new AblationSettings(Set.of(Variant.Kind.SCALE, Variant.Kind.FLIP), true, List.of(0.5, 2.0), 2, 10, 7),
            TOKENS,
            List.of("builtin:choices", "tasks.jsonl"),
            5,
            PrecisionChoice.FP32,
            "copy",
            "scale-1-0.5",
            List.of("ablation.json"));

    static Stream<Serializable> requests() {
        return Stream.of(DETECTION, DetectionRequest.of("model"), ABLATION, AblationRequest.of("model"));
    }

    @ParameterizedTest
    @MethodSource("requests")
    void areTheSameWhereTheyAreReadAgain(Serializable request) throws IOException, ClassNotFoundException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(request);
        }

        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            assertThat(in.readObject()).isEqualTo(request).isNotSameAs(request);
        }
    }

    @Test
    void doNotChangeWithWhatTheyAreMadeFrom() {
        List<String> prompts = new ArrayList<>(List.of("a"));
        Map<Verdict, Double> thresholds = new HashMap<>(Map.of(Verdict.HIGH, 2.0));
        TokenRequest tokens = new TokenRequest(prompts, "", "", "", 0, 0);
        DetectionRules rules = new DetectionRules(new SpikeRule.Relative(6), 0.2, thresholds, 5, 16, 3, 0);

        prompts.add("b");
        thresholds.clear();

        assertThat(tokens.prompts()).containsExactly("a");
        assertThat(rules.thresholds()).containsOnlyKeys(Verdict.HIGH);
    }

    @Test
    void nameTheFilesThatAreRead() {
        assertThat(ABLATION.files())
                .containsExactly(
                        Path.of("prompts.txt"), Path.of("text.jsonl"), Path.of("ids.json"), Path.of("tasks.jsonl"));
        assertThat(AblationRequest.of("model").files()).isEmpty();
    }
}
