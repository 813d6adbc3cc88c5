package io.github.swscan.policy;

import io.github.swscan.report.ModelSummary;
import io.github.swscan.report.finding.Finding;
import io.github.swscan.report.finding.FindingRule;
import java.io.Serializable;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.time.LocalDate;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Findings that do not count, by an entry of a policy file. What is empty, or {@link #ANY}, matches anything.
 *
 * @param rules the kinds of finding
 * @param model a glob of the model's path as the user names it, or of its last part
 * @param reason why
 * @param expires the last day, UTC
 * @param file where the entry stands
 * @param entry which it is, as {@code ignore[0]}
 */
public record Exemption(
        Set<FindingRule> rules,
        String tensor,
        int row,
        int column,
        String model,
        String reason,
        LocalDate expires,
        String file,
        String entry)
        implements Serializable {

    /** In place of a row or a column. */
    static final int ANY = -1;

    public Exemption {
        rules = Set.copyOf(rules);
    }

    /**
     * The entry by which a finding does not count. One about several weights counts unless there is an entry for each of
     * them: else a set with a new member would pass for the old one.
     */
    static Optional<Exemption> of(Finding finding, ModelSummary model, List<Exemption> exemptions) {
        List<Exemption> candidates = exemptions.stream()
                .filter(exemption -> exemption.rules.contains(finding.rule()) && exemption.isAbout(model))
                .toList();
        if (finding.places().isEmpty()) {
            return candidates.stream().filter(Exemption::isAboutAnyWeight).findFirst();
        }
        boolean all = finding.places().stream()
                .allMatch(place -> candidates.stream().anyMatch(exemption -> exemption.covers(place)));
        return all
                ? candidates.stream()
                        .filter(exemption -> exemption.covers(finding.places().get(0)))
                        .findFirst()
                : Optional.empty();
    }

    /** Whether it is about a finding, or about some of its weights. */
    boolean matches(Finding finding, ModelSummary of) {
        return rules.contains(finding.rule())
                && isAbout(of)
                && (finding.places().isEmpty()
                        ? isAboutAnyWeight()
                        : finding.places().stream().anyMatch(this::covers));
    }

    private boolean isAboutAnyWeight() {
        return tensor.isEmpty() && row == ANY && column == ANY;
    }

    private boolean covers(Finding.Place place) {
        return (tensor.isEmpty() || place.tensor().equals(Optional.of(tensor)))
                && (row == ANY || place.row().equals(Optional.of(row)))
                && (column == ANY || place.column().equals(Optional.of(column)));
    }

    private boolean isAbout(ModelSummary given) {
        if (model.isEmpty()) {
            return true;
        }
        PathMatcher glob = glob(model);
        return glob.matches(Path.of(given.path()).normalize()) || glob.matches(Path.of(given.name()));
    }

    static PathMatcher glob(String pattern) {
        return FileSystems.getDefault().getPathMatcher("glob:" + pattern);
    }
}
