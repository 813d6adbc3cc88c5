package io.github.swscan.architecture.family;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.swscan.architecture.Architecture;
import io.github.swscan.architecture.Parameters;
import io.github.swscan.fixture.Architectures;
import io.github.swscan.fixture.TestResources;
import io.github.swscan.input.InputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Whatever value an option of a family has, the answer is a description or a refusal of one line. */
class FamilyOptionsPropertyTest {

    private static final Path REFERENCE = TestResources.at("reference");

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    @Property(tries = 4000)
    void changedOptionsAreDescribedOrRefused(@ForAll("configs") ObjectNode options) {
        try {
            Architecture model = Architectures.describe(options);
            assertThat(Parameters.of(model).values())
                    .allSatisfy(shape -> assertThat(shape).allMatch(size -> size > 0 || size == -1));
        } catch (InputException refusal) {
            assertThat(refusal.file()).isEqualTo(Architectures.CONFIG);
            assertThat(refusal.field()).isNotEmpty();
            assertThat(refusal.getMessage()).doesNotContain("\n").hasSizeLessThan(1000);
        }
    }

    /** A config.json of a family, with one to three options changed or removed. */
    @Provide
    Arbitrary<ObjectNode> configs() {
        return Arbitraries.of(references()).flatMap(config -> {
            Arbitrary<String> option = Arbitraries.of(options(config));
            Arbitrary<JsonNode> value = values();
            return Combinators.combine(
                            option.list().ofMinSize(1).ofMaxSize(3),
                            value.list().ofSize(3))
                    .as((names, values) -> {
                        ObjectNode changed = config.deepCopy();
                        for (int i = 0; i < names.size(); i++) {
                            if (values.get(i).isMissingNode()) {
                                changed.remove(names.get(i));
                            } else if (!names.get(i).equals("model_type")) {
                                changed.set(names.get(i), values.get(i));
                            }
                        }
                        return changed;
                    });
        });
    }

    /** What a config.json has, and what the family has a default for. */
    private static List<String> options(ObjectNode config) {
        Set<String> names = new TreeSet<>();
        config.fieldNames().forEachRemaining(names::add);
        Descriptions.of(config.get("model_type").textValue())
                .path("defaults")
                .fieldNames()
                .forEachRemaining(names::add);
        return new ArrayList<>(names);
    }

    private static Arbitrary<JsonNode> values() {
        return Arbitraries.<JsonNode>of(
                NODES.missingNode(),
                NODES.nullNode(),
                NODES.booleanNode(true),
                NODES.booleanNode(false),
                NODES.numberNode(0),
                NODES.numberNode(1),
                NODES.numberNode(2),
                NODES.numberNode(3),
                NODES.numberNode(7),
                NODES.numberNode(64),
                NODES.numberNode(-1),
                NODES.numberNode(4096),
                NODES.numberNode(Integer.MAX_VALUE),
                NODES.numberNode(Long.MAX_VALUE),
                NODES.numberNode(0.5),
                NODES.numberNode(1e-6),
                NODES.numberNode(1e300),
                NODES.numberNode(Double.NaN),
                NODES.textNode(""),
                NODES.textNode("gelu"),
                NODES.textNode("full_attention"),
                NODES.arrayNode(),
                NODES.arrayNode().add(1).add(0).add(2),
                NODES.arrayNode().add("sliding_attention").add("full_attention").add("sliding_attention"),
                NODES.arrayNode()
                        .add(NODES.arrayNode()
                                .add(NODES.arrayNode().add("global"))
                                .add(3)),
                NODES.objectNode(),
                NODES.objectNode().put("rope_type", "linear").put("factor", 2.0),
                NODES.objectNode().put("alibi", "yes").put("clip_qkv", -1));
    }

    /** Those of families; a larger model's options are mostly not the text model's. */
    private static List<ObjectNode> references() {
        try (Stream<Path> folders = Files.list(REFERENCE)) {
            List<ObjectNode> configs = new ArrayList<>();
            for (Path folder : folders.sorted().toList()) {
                configs.add((ObjectNode)
                        new JsonMapper().readTree(folder.resolve("config.json").toFile()));
            }
            configs.removeIf(config ->
                    !Families.names().contains(config.path("model_type").asText()));
            return configs;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
