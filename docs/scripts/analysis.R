# Records and events in R: usable time, shares by participant and condition, a contrast.
#
# Usage: Rscript analysis.R LABEL CONDITION_A CONDITION_B RECORDS.csv...
# Beside RECORDS.csv stand RECORDS.events.csv and, if people have names, RECORDS.people.csv.
# Needs base R alone. Change it as you like: it uses nothing of Mien, only its files.

GAP <- 0.5 # seconds; a longer absence is a gap, across which no record holds

beside <- function(path, suffix) sub("\\.csv$", suffix, path)

# The records of one file with seconds, participant, condition and usable.
load_records <- function(path) {
  rows <- read.csv(path, na.strings = "", encoding = "UTF-8")
  interval <- median(diff(sort(unique(rows$time))))
  rows <- rows[!is.na(rows$emotion), ]
  rows <- rows[order(rows$source, rows$person, rows$time), ]
  # A record holds until the person's next one; before a gap, and at the end, for one frame.
  step <- ave(rows$time, rows$source, rows$person, FUN = function(time) c(diff(time), Inf))
  rows$seconds <- ifelse(step > max(GAP, 3 * interval), interval, step)
  rows$participant <- paste(sub("\\.csv$", "", basename(path)), rows$person)
  if (file.exists(beside(path, ".people.csv"))) {
    people <- read.csv(beside(path, ".people.csv"), encoding = "UTF-8")
    named <- people$name[match(rows$person, people$person)]
    rows$participant <- ifelse(is.na(named), rows$participant, named)
  }
  rows$condition <- ""
  rows$usable <- if (is.null(rows$attribute_usable)) TRUE else rows$attribute_usable %in% 1
  if (file.exists(beside(path, ".events.csv"))) {
    events <- read.csv(beside(path, ".events.csv"), na.strings = "", encoding = "UTF-8")
    rows <- add_events(rows, events)
  }
  rows
}

# Adds the condition of each record, and whether it is usable and not excluded.
add_events <- function(rows, events) {
  for (name in c("duration", "person", "condition", "excluded")) {
    if (is.null(events[[name]])) events[[name]] <- NA
  }
  for (at in order(events$onset)) {
    event <- events[at, ]
    end <- event$onset + if (is.na(event$duration)) 0 else event$duration
    inside <- rows$time >= event$onset & rows$time < end
    if (!is.na(event$person)) inside <- inside & rows$participant == event$person
    if (!is.na(event$condition)) rows$condition[inside] <- event$condition
    if (event$excluded %in% c(1, "1", "true", "True", TRUE)) rows$usable[inside] <- FALSE
  }
  rows
}

# By participant and condition: seconds, share usable, mean probabilities, weighted by time.
summarize <- function(rows) {
  labels <- grep("^smoothed_", names(rows), value = TRUE)
  groups <- split(rows, list(rows$participant, rows$condition), drop = TRUE)
  do.call(rbind, lapply(groups, function(group) {
    used <- group[group$usable, ]
    means <- vapply(used[labels], function(it) sum(it * used$seconds) / sum(used$seconds), 0)
    data.frame(
      participant = group$participant[1], condition = group$condition[1],
      seconds = sum(used$seconds), usable = sum(used$seconds) / sum(group$seconds), t(means)
    )
  }))
}

arguments <- commandArgs(trailingOnly = TRUE)
if (length(arguments) > 3) {
  label <- paste0("smoothed_", arguments[1])
  table <- summarize(do.call(rbind, lapply(arguments[-(1:3)], load_records)))
  print(table, digits = 3, row.names = FALSE)
  few <- sum(table$usable < 0.5)
  if (few > 0) cat("under half of the time is usable in", few, "rows: mind them\n")
  first <- table[table$condition == arguments[2], ]
  second <- table[table$condition == arguments[3], ]
  pairs <- merge(first, second, by = "participant")
  test <- t.test(pairs[[paste0(label, ".x")]], pairs[[paste0(label, ".y")]], paired = TRUE)
  cat(sprintf(
    "%s, %s - %s: %+.3f (95 %% %+.3f to %+.3f), n = %d, paired t\n", arguments[1], arguments[2],
    arguments[3], test$estimate, test$conf.int[1], test$conf.int[2], nrow(pairs)
  ))
  # With several recordings a participant, a mixed model:
  # lme4::lmer(smoothed_happy ~ condition + (1 | participant), data = table)
}
