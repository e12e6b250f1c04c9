/* See date.h. */
#include "date.h"

#include <drydock/format.h>

#define DAY  86400
#define LAST 253402300800 /* the first second of the year 10000 */

static int leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

void date_write(int64_t seconds, char text[DATE_SIZE])
{
	static const char weekdays[][4] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
	static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
	                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	static const uint8_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int64_t days = seconds < 0 || seconds >= LAST ? 0 : seconds / DAY;
	int second = seconds < 0 || seconds >= LAST ? 0 : (int)(seconds % DAY);
	const char *weekday = weekdays[days % 7];
	int year = 1970, month = 0;

	while (days >= 365 + leap(year))
		days -= 365 + leap(year++);
	while (days >= lengths[month] + (month == 1 && leap(year))) {
		days -= lengths[month] + (month == 1 && leap(year));
		month++;
	}
	format_string(text, DATE_SIZE, "%s, %02d %s %d %02d:%02d:%02d GMT", weekday, (int)days + 1,
	              months[month], year, second / 3600, second / 60 % 60, second % 60);
}
