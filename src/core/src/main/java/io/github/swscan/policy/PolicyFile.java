package io.github.swscan.policy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.github.swscan.input.InputText;
import io.github.swscan.input.WrongRequestException;
import io.github.swscan.report.finding.FindingRule;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Collectors;

/**
 * A policy file: which findings do not count, and until when.
 *
 * <pre>
 * ignore:
 *   - rule: critical-set
 *     tensor: model.layers.2.mlp.down_proj.weight
 *     row: 3968
 *     column: 7003
 *     model: "*llama*"
 *     reason: known super weight, kept exact by our quantization
 *     expires: 2027-06-30
 * </pre>
 *
 * @param exemptions those that have not expired
 * @param expired what is to be told of the others, a line each
 */
public record PolicyFile(Path file, List<Exemption> exemptions, List<String> expired) {

    /** What it is called in the working folder. */
    public static final String NAME = ".swscan.yaml";

    private static final YAMLMapper YAML = YAMLMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private static final Pattern PLACE = Pattern.compile("line \\d+, column \\d+");

    private static final Set<String> KEYS = Set.of("ignore");
    private static final Set<String> ENTRY_KEYS =
            Set.of("rule", "tensor", "row", "column", "model", "reason", "expires");

    /**
     * Reads one.
     *
     * @param today in UTC
     * @throws io.github.swscan.input.InputException if it cannot be read
     * @throws WrongRequestException if it says what is not understood
     */
    public static PolicyFile read(Path file, LocalDate today) {
        JsonNode root = parsed(file, InputText.read(file));
        requireKnown(file, "", root, KEYS);
        JsonNode ignore = root.path("ignore");
        if (!ignore.isMissingNode() && !ignore.isNull() && !ignore.isArray()) {
            throw wrong(file, "ignore", "must be a list");
        }
        List<Exemption> exemptions = new ArrayList<>();
        List<String> expired = new ArrayList<>();
        for (int i = 0; i < ignore.size(); i++) {
            String place = "ignore[" + i + "]";
            Exemption exemption = exemption(file, place, ignore.get(i));
            if (exemption.expires().isBefore(today)) {
                expired.add(
                        "%s: %s expired on %s and does not count any more".formatted(file, place, exemption.expires()));
            } else {
                exemptions.add(exemption);
            }
        }
        return new PolicyFile(file, List.copyOf(exemptions), List.copyOf(expired));
    }

    private static JsonNode parsed(Path file, String text) {
        try {
            JsonNode root = YAML.readTree(text);
            return root == null || root.isNull() ? MissingNode.getInstance() : root;
        } catch (MismatchedInputException further) {
            throw wrong(file, place(further), "begins a second document; a policy file is one");
        } catch (JsonProcessingException malformed) {
            String problem = malformed
                    .getOriginalMessage()
                    .lines()
                    .filter(line -> !line.isBlank() && !line.startsWith(" "))
                    .collect(Collectors.joining(", "));
            throw wrong(file, place(malformed), "is no YAML that can be read: " + problem);
        }
    }

    /** Where the fault is: the last place that the message names, else where the reader has come to. */
    private static String place(JsonProcessingException malformed) {
        return PLACE.matcher(malformed.getOriginalMessage())
                .results()
                .map(MatchResult::group)
                .reduce((first, second) -> second)
                .or(() -> Optional.ofNullable(malformed.getLocation())
                        .map(at -> "line %d, column %d".formatted(at.getLineNr(), at.getColumnNr())))
                .orElse("");
    }

    private static Exemption exemption(Path file, String place, JsonNode entry) {
        if (!entry.isObject()) {
            throw wrong(file, place, "must have keys and values");
        }
        requireKnown(file, place, entry, ENTRY_KEYS);
        return new Exemption(
                text(file, place, entry, "rule")
                        .map(rule -> rules(file, place, rule))
                        .orElseGet(() -> EnumSet.allOf(FindingRule.class)),
                text(file, place, entry, "tensor").orElse(""),
                number(file, place, entry, "row"),
                number(file, place, entry, "column"),
                text(file, place, entry, "model")
                        .map(glob -> glob(file, place, glob))
                        .orElse(""),
                text(file, place, entry, "reason")
                        .filter(reason -> !reason.isBlank())
                        .orElseThrow(() -> wrong(file, place + ".reason", "is missing: every entry needs one")),
                text(file, place, entry, "expires")
                        .map(day -> day(file, place, day))
                        .orElseThrow(() -> wrong(
                                file, place + ".expires", "is missing: every entry needs its last day, YYYY-MM-DD")),
                file.toString(),
                place);
    }

    /** A kind of finding, or a rule of {@code --fail-on}, which stands for those that may be against it. */
    private static Set<FindingRule> rules(Path file, String place, String name) {
        return FindingRule.of(name)
                .<Set<FindingRule>>map(EnumSet::of)
                .or(() -> Arrays.stream(Rule.values())
                        .filter(rule -> rule.toString().equals(name))
                        .findFirst()
                        .map(Rule::findings))
                .orElseThrow(
                        () -> wrong(file, place + ".rule", "is " + name + ", which is none; rules are " + ruleNames()));
    }

    private static String ruleNames() {
        Set<String> names = new TreeSet<>();
        Arrays.stream(FindingRule.values()).map(FindingRule::id).forEach(names::add);
        Arrays.stream(Rule.values()).map(Rule::toString).forEach(names::add);
        return String.join(", ", names);
    }

    private static Optional<String> text(Path file, String place, JsonNode entry, String key) {
        JsonNode value = entry.path(key);
        if (value.isMissingNode() || value.isNull()) {
            return Optional.empty();
        }
        if (!value.isTextual()) {
            throw wrong(file, place + "." + key, "must be text");
        }
        return Optional.of(value.textValue());
    }

    private static int number(Path file, String place, JsonNode entry, String key) {
        JsonNode value = entry.path(key);
        if (value.isMissingNode() || value.isNull()) {
            return Exemption.ANY;
        }
        if (!value.canConvertToInt() || !value.isIntegralNumber() || value.intValue() < 0) {
            throw wrong(file, place + "." + key, "must be a whole number from 0 on");
        }
        return value.intValue();
    }

    private static String glob(Path file, String place, String glob) {
        try {
            Exemption.glob(glob);
            return glob;
        } catch (PatternSyntaxException e) {
            throw wrong(file, place + ".model", "is no glob: " + e.getDescription());
        }
    }

    private static LocalDate day(Path file, String place, String day) {
        try {
            return LocalDate.parse(day);
        } catch (DateTimeException e) {
            throw wrong(file, place + ".expires", "must be a day, YYYY-MM-DD, not " + day);
        }
    }

    private static void requireKnown(Path file, String place, JsonNode object, Set<String> known) {
        if (!object.isMissingNode() && !object.isObject()) {
            throw wrong(file, place, "must have keys and values");
        }
        object.fieldNames().forEachRemaining(key -> {
            if (!known.contains(key)) {
                throw wrong(
                        file,
                        place.isEmpty() ? key : place + "." + key,
                        "is no key that is known; there are " + String.join(", ", new TreeSet<>(known)));
            }
        });
    }

    private static WrongRequestException wrong(Path file, String field, String problem) {
        return new WrongRequestException(
                field.isEmpty() ? "%s %s".formatted(file, problem) : "%s: %s %s".formatted(file, field, problem));
    }
}
