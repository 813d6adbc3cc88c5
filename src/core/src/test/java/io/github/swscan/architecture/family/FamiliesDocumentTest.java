package io.github.swscan.architecture.family;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Holds docs/families.md and the index to the descriptions. */
class FamiliesDocumentTest {

    private static final Path DESCRIPTIONS =
            Path.of("src/core/src/main/resources/io/github/swscan/architecture/family/families");

    @Test
    void theDocumentListsWhatThereIs() throws IOException {
        List<String> document = Files.readAllLines(Path.of("docs/families.md"));

        assertThat(document.stream()
                        .filter(line -> line.startsWith("| `"))
                        .filter(line -> !line.startsWith("| `model_type`")))
                .containsExactlyElementsOf(Stream.concat(
                                Families.all().stream()
                                        .map(family -> row(
                                                        family.name(),
                                                        family.compared().isEmpty()
                                                                ? "not compared"
                                                                : family.compared(),
                                                        family.summary())
                                                + checkpoints(family)),
                                Families.notDescribed().stream()
                                        .map(relative -> row(
                                                relative.family(),
                                                relative.nearest()
                                                        .map(name -> "`" + name + "`")
                                                        .orElse("none"),
                                                relative.differs().orElse("not compared"))))
                        .toList());
        assertThat(document)
                .contains(String.join(
                                ", ",
                                Families.multimodal().stream()
                                        .map(name -> "`" + name + "`")
                                        .toList())
                        + ".");
    }

    private static String checkpoints(Family family) {
        return family.checkpoints().isEmpty() ? " |" : " " + String.join(", ", family.checkpoints()) + " |";
    }

    private static String row(String name, String second, String third) {
        return "| `%s` | %s | %s |".formatted(name, second, third);
    }

    @Test
    void nearestRelativesAreDescribedAndThoseWhoseTheyAreAreNot() {
        assertThat(Families.notDescribed()).allSatisfy(relative -> {
            assertThat(Families.names()).doesNotContain(relative.family());
            assertThat(Families.multimodal()).doesNotContain(relative.family());
            relative.nearest().ifPresent(name -> assertThat(Families.names()).contains(name));
            assertThat(relative.nearest().isPresent() || relative.differs().isPresent())
                    .isTrue();
        });
    }

    @Test
    void theIndexNamesEveryDescription() throws IOException {
        try (Stream<Path> files = Files.list(DESCRIPTIONS)) {
            assertThat(files.map(file -> file.getFileName().toString())
                            .filter(name -> !name.equals("index.json"))
                            .map(name -> name.replace(".json", ""))
                            .sorted())
                    .containsExactlyElementsOf(Families.names());
        }
        assertThat(Families.all())
                .allSatisfy(family -> assertThat(family.summary()).endsWith("."));
    }

    @Test
    void everyMultimodalModelHasAFamilyThatIsKnown() {
        assertThat(Descriptions.resource("multimodal.json").get("models"))
                .allSatisfy(model -> assertThat(Families.names())
                        .contains(model.get("defaultFamily").textValue()));
    }
}
