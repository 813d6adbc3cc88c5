package io.github.swscan;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Packages are rooms with one purpose; dependencies point downwards only. */
class ArchitectureRulesTest {

    private static final String ROOT = "io.github.swscan.";

    private static final Set<String> MODEL = Set.of("forward", "text", "architecture", "checkpoint", "engine");

    /** What each package may use of the others. */
    private static final Map<String, Set<String>> ALLOWED = Map.ofEntries(
            Map.entry("cli", and(MODEL, "report", "detect", "ablate", "quantize", "integrity")),
            Map.entry("detect", and(MODEL, "report")),
            Map.entry("ablate", and(MODEL, "report", "detect")),
            Map.entry("quantize", and(MODEL, "report", "detect")),
            Map.entry("integrity", and(MODEL, "report", "detect")),
            Map.entry("report", Set.of()),
            Map.entry("forward", Set.of("architecture", "checkpoint", "engine")),
            Map.entry("text", Set.of("checkpoint", "natives")),
            Map.entry("architecture", Set.of("checkpoint")),
            Map.entry("checkpoint", Set.of("natives")),
            Map.entry("engine", Set.of("natives")),
            Map.entry("natives", Set.of()));

    private static final JavaClasses CLASSES = new ClassFileImporter().importPath(Path.of("target", "classes"));

    private static Set<String> and(Set<String> names, String... more) {
        return Stream.concat(names.stream(), Arrays.stream(more)).collect(Collectors.toUnmodifiableSet());
    }

    private static void check(ArchRule rule) {
        rule.allowEmptyShould(true).check(CLASSES);
    }

    private static String[] packages(Stream<String> names) {
        return names.map(name -> ROOT + name + "..").toArray(String[]::new);
    }

    static List<String> packages() {
        return ALLOWED.keySet().stream().sorted().toList();
    }

    @Test
    void classesAreThere() {
        assertThat(CLASSES.contain(ROOT + "checkpoint.Checkpoint")).isTrue();
        assertThat(CLASSES.contain(ROOT + "ArchitectureRulesTest")).isFalse();
    }

    @Test
    void everyClassHasItsRoom() {
        check(classes().should().resideInAnyPackage(packages(packages().stream())));
    }

    @ParameterizedTest
    @MethodSource("packages")
    void dependenciesPointDownwards(String name) {
        DescribedPredicate<JavaClass> foreign = resideInAPackage(ROOT.substring(0, ROOT.length() - 1) + "..")
                .and(DescribedPredicate.not(
                        resideInAnyPackage(packages(Stream.concat(Stream.of(name), ALLOWED.get(name).stream())))));

        check(noClasses()
                .that()
                .resideInAPackage(ROOT + name + "..")
                .should()
                .dependOnClassesThat(foreign.as("are of a package other than " + ALLOWED.get(name))));
    }

    @Test
    void packagesAreFreeOfCycles() {
        check(slices().matching(ROOT + "(*)..").should().beFreeOfCycles());
    }

    @Test
    void onlyTheForwardPassComputesWithArrays() {
        only("ai.djl.ndarray..", "engine", "forward");
    }

    @Test
    void onlyTextUsesTheTokenizers() {
        only("ai.djl.huggingface..", "text");
    }

    @Test
    void noOtherPackageUsesDjl() {
        only("ai.djl..", "engine", "forward", "text", "natives");
    }

    @Test
    void onlyTheCommandLineParsesOptions() {
        only("picocli..", "cli");
    }

    @Test
    void onlyTheCommandLineWritesToTheTerminal() {
        check(noClasses().that().resideOutsideOfPackage(ROOT + "cli..").should(ACCESS_STANDARD_STREAMS));
    }

    @Test
    void loggingGoesThroughSlf4j() {
        only("java.util.logging..");
    }

    private static void only(String library, String... allowed) {
        check(noClasses()
                .that()
                .resideOutsideOfPackages(packages(Arrays.stream(allowed)))
                .should()
                .dependOnClassesThat()
                .resideInAPackage(library));
    }
}
