package io.github.swscan.policy;

import static io.github.swscan.fixture.SmallReport.set;
import static io.github.swscan.fixture.SmallReport.weight;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.swscan.fixture.SmallReport;
import io.github.swscan.input.WrongRequestException;
import io.github.swscan.report.DetectionReport;
import io.github.swscan.report.DetectionReport.Ignored;
import io.github.swscan.report.DetectionReport.PolicyOutcome;
import io.github.swscan.report.DetectionReport.SuperWeight;
import io.github.swscan.report.DetectionReport.Violation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PolicyFileTest {

    private static final LocalDate TODAY = LocalDate.of(2027, 1, 31);

    private static final SuperWeight ONE = weight(4, 5, 7, 1.01, 1);
    private static final SuperWeight OTHER = weight(4, 5, 8, 20, 1);
    private static final DetectionReport REPORT = new SmallReport()
            .with(OTHER, ONE)
            .with(set(1, "joint", List.of(ONE, OTHER), 300, 1.01, 20))
            .report();

    @TempDir
    private Path folder;

    private Path file(String text) {
        try {
            return Files.writeString(folder.resolve(".swscan.yaml"), text);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private PolicyOutcome applied(String text) {
        PolicyFile read = PolicyFile.read(file(text), TODAY);
        return new Policy(Set.of(Rule.CRITICAL), read.exemptions())
                .applied(REPORT)
                .policy()
                .orElseThrow();
    }

    private static String entry(String... lines) {
        return "ignore:\n  - reason: known\n    expires: 2027-01-31\n"
                + String.join(
                        "",
                        List.of(lines).stream()
                                .map(line -> "    " + line + "\n")
                                .toList());
    }

    @Test
    void whatIsExemptedViolatesNothing() {
        PolicyOutcome outcome = applied(entry("rule: critical"));

        assertThat(outcome.violations()).isEmpty();
        assertThat(outcome.ignored())
                .extracting(Ignored::rule, Ignored::finding, Ignored::reason, Ignored::expires)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple(
                                "critical-set", "set of weights 4:5:7, 4:5:8", "known", "2027-01-31"),
                        org.assertj.core.groups.Tuple.tuple("critical-weight", "weight 4:5:8", "known", "2027-01-31"));
    }

    @Test
    void aSetCountsUntilEachOfItsWeightsIsExempted() {
        assertThat(applied(entry("rule: critical-set", "row: 5", "column: 8")).violations())
                .extracting(Violation::finding)
                .containsExactly("set of weights 4:5:7, 4:5:8", "weight 4:5:8");
        assertThat(applied(entry("rule: critical-set", "row: 5")).violations())
                .extracting(Violation::finding)
                .containsExactly("weight 4:5:8");
    }

    @ParameterizedTest
    @CsvSource({
        "tensor: model.layers.4.mlp.down_proj.weight, 0",
        "tensor: another, 2",
        "model: mod*, 0",
        "model: '\"/x/*\"', 2",
        "rule: moderate, 0",
        "rule: set, 1",
        "rule: critical-weight, 1",
        "rule: non-finite, 2",
        "column: 9, 2"
    })
    void anEntryIsAboutWhatItNames(String line, int left) {
        assertThat(applied(entry(line)).violations()).hasSize(left);
    }

    @Test
    void anEntryCountsToTheEndOfItsLastDay() {
        Path file = file(entry("rule: critical"));

        assertThat(PolicyFile.read(file, TODAY).exemptions()).hasSize(1);
        PolicyFile late = PolicyFile.read(file, TODAY.plusDays(1));
        assertThat(late.exemptions()).isEmpty();
        assertThat(late.expired())
                .containsExactly(file + ": ignore[0] expired on 2027-01-31 and does not count any more");
    }

    @Test
    void anEmptyFileExemptsNothing() {
        assertThat(PolicyFile.read(file(""), TODAY).exemptions()).isEmpty();
        assertThat(PolicyFile.read(file("ignore: []\n"), TODAY).exemptions()).isEmpty();
        assertThat(PolicyFile.read(file("# nothing yet\n"), TODAY).exemptions()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            value = {
                "ignored: [] ~ ignored is no key that is known; there are ignore",
                "ignore: yes please ~ ignore must be a list",
                "ignore: [3] ~ ignore[0] must have keys and values",
                "[] ~ must have keys and values",
                "ignore: [{rule: critical, expires: 2027-01-31}] ~ ignore[0].reason is missing",
                "ignore: [{rule: critical, reason: ' ', expires: 2027-01-31}] ~ ignore[0].reason is missing",
                "ignore: [{rule: critical, reason: known}] ~ ignore[0].expires is missing",
                "ignore: [{reason: known, expires: 31.1.2027}] ~ ignore[0].expires must be",
                "ignore: [{reason: known, expires: 2027-02-30}] ~ must be a day, YYYY-MM-DD, not 2027-02-30",
                "ignore: [{rule: crittical, reason: known, expires: 2027-01-31}] ~ ignore[0].rule is crittical, which is none",
                "ignore: [{row: -1, reason: known, expires: 2027-01-31}] ~ ignore[0].row must be a whole number from 0 on",
                "ignore: [{row: 1.5, reason: known, expires: 2027-01-31}] ~ ignore[0].row must be a whole number from 0 on",
                "ignore: [{model: '{', reason: known, expires: 2027-01-31}] ~ ignore[0].model is no glob",
                "ignore: [{reasons: known, expires: 2027-01-31}] ~ ignore[0].reasons is no key that is known",
                "ignore: [ ~ is no YAML that can be read",
                "ignore: [{rule: set, rule: set, reason: known, expires: 2027-01-31}] ~ is no YAML that can be read",
                "fail-on: [critical] ~ fail-on is no key that is known"
            })
    void whatIsNotUnderstoodIsRefused(String text, String problem) {
        Path file = file(text);

        assertThatThrownBy(() -> PolicyFile.read(file, TODAY))
                .isInstanceOf(WrongRequestException.class)
                .hasMessageStartingWith(file.toString())
                .hasMessageContaining(problem)
                .hasMessageNotContaining("\n");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            value = {
                "ignore:\\n  - rule: set\\n\\treason: known\\n ~ line 3, column 1 is no YAML that can be read: ~ (TAB)",
                "ignore:\\n  - rule: set\\n     row: 5\\n ~ line 3, column 9 is no YAML that can be read: ~ not allowed here",
                "ignore: [{row: 5,\\n  row: 6}] ~ line 2, column ~ 'row'",
                "ignore: [ ~ line 1, column ~ expected",
                "ignore: []\\n---\\nignore: []\\n ~ line 3, column 1 ~ begins a second document",
            })
    void aFaultOfYamlIsToldWithItsPlace(String text, String place, String problem) {
        Path file = file(text.replace("\\n", "\n").replace("\\t", "\t"));

        assertThatThrownBy(() -> PolicyFile.read(file, TODAY))
                .isInstanceOf(WrongRequestException.class)
                .hasMessageStartingWith(file + ": " + place)
                .hasMessageContaining(problem)
                .hasMessageNotContaining("\n");
    }

    @ParameterizedTest
    @CsvSource({
        "column: 9, true",
        "tensor: another, true",
        "model: another, true",
        "rule: non-finite, true",
        "rule: critical, false",
        "column: 7, false"
    })
    void anEntryThatMatchesNothingIsFound(String line, boolean unmatched) {
        PolicyFile read = PolicyFile.read(file(entry(line)), TODAY);

        assertThat(new Policy(Set.of(), read.exemptions()).unmatched(List.of(REPORT)))
                .extracting(Exemption::entry)
                .isEqualTo(unmatched ? List.of("ignore[0]") : List.of());
    }

    @Test
    void anchorsDoNotBlowUp() {
        StringBuilder bomb = new StringBuilder("a0: &a0 [x]\n");
        for (int i = 1; i < 60; i++) {
            bomb.append("a%d: &a%d [*a%d, *a%d, *a%d, *a%d]\n".formatted(i, i, i - 1, i - 1, i - 1, i - 1));
        }

        Path file = file(bomb.toString());
        assertThatThrownBy(() -> PolicyFile.read(file, TODAY)).isInstanceOf(WrongRequestException.class);
    }
}
